//! The grammar of RFC 8259 §2–§7, one function for each of its rules, within the bounds of RFC 7493.

use serde_json::{Map, Number, Value};

/// The largest integer that I-JSON promises to carry (RFC 7493 §2.2): 2^53-1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Names under which `serde_json` smuggles numbers and raw text through serde's data model.
const PRIVATE_NAMES: &str = "$serde_json::private::";

/// Why reading stopped, by byte; lines and columns are counted once, for the one error.
pub(crate) enum Refusal {
    TooDeep,
    Malformed { at: usize, what: &'static str },
}

/// Reads one text from the front; `at` is always on a character's boundary.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
    max_depth: usize,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str, max_depth: usize) -> Self {
        Reader { text, at: 0, max_depth }
    }

    /// The whole text: one value and whitespace around it, nothing else.
    pub(crate) fn read_text(mut self) -> Result<Value, Refusal> {
        if self.text.starts_with('\u{feff}') {
            return Err(self.malformed("a byte-order mark"));
        }
        let value = self.read_value(0)?;
        self.skip_whitespace();
        if self.peek().is_some() {
            return Err(self.malformed("something after the end of the value"));
        }
        Ok(value)
    }

    /// `depth` is the number of arrays and objects around the value.
    fn read_value(&mut self, depth: usize) -> Result<Value, Refusal> {
        self.skip_whitespace();
        match self.peek() {
            Some(b'{') => self.read_object(depth + 1).map(Value::Object),
            Some(b'[') => self.read_array(depth + 1).map(Value::Array),
            Some(b'"') => self.read_string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.read_number().map(Value::Number),
            Some(b't') => self.read_literal("true", Value::Bool(true)),
            Some(b'f') => self.read_literal("false", Value::Bool(false)),
            Some(b'n') => self.read_literal("null", Value::Null),
            Some(_) => Err(self.malformed("a value was expected")),
            None => Err(self.malformed("the text ends before the value does")),
        }
    }

    fn read_object(&mut self, depth: usize) -> Result<Map<String, Value>, Refusal> {
        self.open(depth)?;
        let mut members = Map::new();
        self.skip_whitespace();
        if self.skip(b'}') {
            return Ok(members);
        }
        loop {
            self.skip_whitespace();
            let name_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a member name was expected"));
            }
            let name = self.read_string()?;
            if members.contains_key(&name) {
                return Err(Refusal::Malformed { at: name_at, what: "a member that is already there" });
            }
            if name.starts_with(PRIVATE_NAMES) {
                return Err(Refusal::Malformed { at: name_at, what: "a reserved member name" });
            }
            self.skip_whitespace();
            self.expect(b':', "a colon was expected")?;
            let value = self.read_value(depth)?;
            members.insert(name, value);
            self.skip_whitespace();
            if self.skip(b'}') {
                return Ok(members);
            }
            self.expect(b',', "a comma or the end of the object was expected")?;
        }
    }

    /// Where the members of the object at `path` begin, in the order of the text; none where no object stands there.
    pub(crate) fn members_at(&mut self, path: &[&str]) -> Result<Vec<(String, usize)>, Refusal> {
        self.skip_whitespace();
        match self.peek() {
            Some(b'{') => {}
            Some(b'[') => return self.members_in_element(path),
            _ => return Ok(Vec::new()),
        }
        self.at += 1;
        let mut members = Vec::new();
        self.skip_whitespace();
        while self.peek() == Some(b'"') {
            let name_at = self.at;
            let name = self.read_string()?;
            self.skip_whitespace();
            self.expect(b':', "a colon was expected")?;
            match path.split_first() {
                Some((step, rest)) if *step == name => return self.members_at(rest),
                Some(_) => {}
                None => members.push((name, name_at)),
            }
            // The text was read before, and is within its depth.
            self.read_value(0)?;
            self.skip_whitespace();
            let _ = self.skip(b',');
            self.skip_whitespace();
        }
        Ok(members)
    }

    /// The same within an array, whose elements are named by their number.
    fn members_in_element(&mut self, path: &[&str]) -> Result<Vec<(String, usize)>, Refusal> {
        let Some((step, rest)) = path.split_first() else { return Ok(Vec::new()) };
        let Ok(index) = step.parse::<usize>() else { return Ok(Vec::new()) };
        self.at += 1;
        for _ in 0..index {
            self.read_value(0)?;
            self.skip_whitespace();
            if !self.skip(b',') {
                return Ok(Vec::new());
            }
        }
        self.members_at(rest)
    }

    /// Where the elements of the text's array begin; none where it is no array.
    pub(crate) fn elements_at(&mut self) -> Result<Vec<usize>, Refusal> {
        self.skip_whitespace();
        let mut starts = Vec::new();
        if !self.skip(b'[') {
            return Ok(starts);
        }
        self.skip_whitespace();
        while self.peek().is_some_and(|byte| byte != b']') {
            starts.push(self.at);
            // The text was read before, and is within its depth.
            self.read_value(0)?;
            self.skip_whitespace();
            let _ = self.skip(b',');
            self.skip_whitespace();
        }
        Ok(starts)
    }

    fn read_array(&mut self, depth: usize) -> Result<Vec<Value>, Refusal> {
        self.open(depth)?;
        let mut elements = Vec::new();
        self.skip_whitespace();
        if self.skip(b']') {
            return Ok(elements);
        }
        loop {
            elements.push(self.read_value(depth)?);
            self.skip_whitespace();
            if self.skip(b']') {
                return Ok(elements);
            }
            self.expect(b',', "a comma or the end of the array was expected")?;
        }
    }

    /// Steps over the opening bracket, unless that goes too deep: this check stands before every recursion.
    fn open(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > self.max_depth {
            return Err(Refusal::TooDeep);
        }
        self.at += 1;
        Ok(())
    }

    fn read_literal(&mut self, literal: &'static str, value: Value) -> Result<Value, Refusal> {
        if !self.rest().starts_with(literal) {
            return Err(self.malformed("a value was expected"));
        }
        self.at += literal.len();
        Ok(value)
    }

    /// `[minus] int [frac] [exp]` (RFC 8259 §6). Without fraction and exponent it is an integer and stays one.
    fn read_number(&mut self) -> Result<Number, Refusal> {
        let start = self.at;
        let negative = self.skip(b'-');
        if !self.skip(b'0') {
            self.skip_digits()?;
        } else if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.malformed("a number with a leading zero"));
        }
        let magnitude_end = self.at;
        let fraction = self.skip(b'.');
        if fraction {
            self.skip_digits()?;
        }
        let exponent = self.skip(b'e') || self.skip(b'E');
        if exponent {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.skip_digits()?;
        }
        let outside = Refusal::Malformed { at: start, what: "a number outside I-JSON" };
        if fraction || exponent {
            let float = self.text.get(start..self.at).and_then(|text| text.parse::<f64>().ok());
            return float.and_then(Number::from_f64).ok_or(outside);
        }
        let magnitude_start = start + usize::from(negative);
        let magnitude =
            self.text.get(magnitude_start..magnitude_end).and_then(|text| text.parse::<u64>().ok());
        match magnitude.filter(|magnitude| *magnitude <= MAX_SAFE_INTEGER) {
            Some(magnitude) if negative => {
                i64::try_from(magnitude).map(|m| Number::from(-m)).map_err(|_| outside)
            }
            Some(magnitude) => Ok(Number::from(magnitude)),
            None => Err(outside),
        }
    }

    /// One digit or more.
    fn skip_digits(&mut self) -> Result<(), Refusal> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(self.malformed("a digit was expected"));
        }
        self.at += digits;
        Ok(())
    }

    /// A string (RFC 8259 §7), with its escapes resolved; the caller saw the opening quotation mark.
    fn read_string(&mut self) -> Result<String, Refusal> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.bytes().take_while(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)).count();
            string.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.read_escape()?),
                Some(_) => return Err(self.malformed("a control character inside a string")),
                None => return Err(self.malformed("the text ends inside a string")),
            }
        }
    }

    fn read_escape(&mut self) -> Result<char, Refusal> {
        let start = self.at;
        self.at += 1;
        let escaped = self.peek();
        self.at += usize::from(escaped.is_some_and(|b| b.is_ascii()));
        match escaped {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.read_unicode_escape(start),
            _ => Err(Refusal::Malformed { at: start, what: "an unknown escape inside a string" }),
        }
    }

    /// What follows `\u`; a high surrogate takes its low one along, a lone one of either kind is refused.
    fn read_unicode_escape(&mut self, start: usize) -> Result<char, Refusal> {
        let lone = Refusal::Malformed { at: start, what: "a lone surrogate" };
        let first = self.read_four_hex_digits(start)?;
        let code_point = match first {
            0xd800..=0xdbff => {
                if !self.rest().starts_with("\\u") {
                    return Err(lone);
                }
                self.at += 2;
                let second = self.read_four_hex_digits(start)?;
                if !matches!(second, 0xdc00..=0xdfff) {
                    return Err(lone);
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code_point => code_point,
        };
        char::from_u32(code_point).ok_or(lone)
    }

    fn read_four_hex_digits(&mut self, start: usize) -> Result<u32, Refusal> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        value.ok_or(Refusal::Malformed { at: start, what: "four hexadecimal digits were expected" })
    }

    fn skip_whitespace(&mut self) {
        self.at += self.rest().bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Refusal> {
        if self.skip(byte) { Ok(()) } else { Err(self.malformed(what)) }
    }

    /// Steps over `byte` if it is next; whether it was.
    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn malformed(&self, what: &'static str) -> Refusal {
        Refusal::Malformed { at: self.at, what }
    }
}

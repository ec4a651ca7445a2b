//! N-Quads: the canonical form of a line (RDF Dataset Canonicalization 1.0 §5), and a reader.

use std::{iter::Peekable, str::Chars};

use crate::rdf::{Literal, Quad, RDF_LANG_STRING, Term, XSD_STRING};

/// Writes one quad as a line with its line feed, naming blank nodes as `label` says.
pub fn write_quad(out: &mut String, quad: &Quad, label: &dyn Fn(&str) -> String) {
    write_term(out, &quad.subject, label);
    out.push_str(" <");
    out.push_str(&quad.predicate);
    out.push_str("> ");
    write_term(out, &quad.object, label);
    if let Some(graph) = &quad.graph {
        out.push(' ');
        write_term(out, graph, label);
    }
    out.push_str(" .\n");
}

fn write_term(out: &mut String, term: &Term, label: &dyn Fn(&str) -> String) {
    match term {
        Term::Iri(iri) => {
            out.push('<');
            out.push_str(iri);
            out.push('>');
        }
        Term::Blank(name) => {
            out.push_str("_:");
            out.push_str(&label(name));
        }
        Term::Literal(literal) => write_literal(out, literal),
    }
}

fn write_literal(out: &mut String, literal: &Literal) {
    out.push('"');
    for character in literal.lexical.chars() {
        write_escaped(out, character);
    }
    out.push('"');
    if let Some(language) = &literal.language {
        out.push('@');
        out.push_str(language);
    } else if literal.datatype != XSD_STRING {
        out.push_str("^^<");
        out.push_str(&literal.datatype);
        out.push('>');
    }
}

fn write_escaped(out: &mut String, character: char) {
    match character {
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04X}", u32::from(character))),
        _ => out.push(character),
    }
}

/// Not N-Quads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not N-Quads at line {line}")]
pub struct NotNQuads {
    /// Line, from 1.
    pub line: usize,
}

/// Reads N-Quads, as other implementations publish their expected results. Checks the syntax of a line, not of
/// the IRIs in it.
///
/// # Errors
/// [`NotNQuads`].
pub fn parse(text: &str) -> Result<Vec<Quad>, NotNQuads> {
    let mut quads = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        quads.push(parse_line(line).ok_or(NotNQuads { line: index + 1 })?);
    }
    Ok(quads)
}

fn parse_line(line: &str) -> Option<Quad> {
    let mut reader = Reader { chars: line.chars().peekable() };
    let subject = reader.term()?;
    let Term::Iri(predicate) = reader.term()? else { return None };
    let object = reader.term()?;
    let graph = if reader.at('.') { None } else { Some(reader.term()?) };
    let ends = reader.at('.');
    let resource = |term: &Term| !matches!(term, Term::Literal(_));
    let valid = ends && resource(&subject) && graph.as_ref().is_none_or(resource);
    valid.then_some(Quad { subject, predicate, object, graph })
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn at(&mut self, expected: char) -> bool {
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
        self.chars.peek() == Some(&expected)
    }

    fn term(&mut self) -> Option<Term> {
        if self.at('<') {
            self.chars.next();
            return self.until('>').map(Term::Iri);
        }
        match self.chars.next()? {
            '_' => {
                self.chars.next_if_eq(&':')?;
                Some(Term::Blank(self.run(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))))
            }
            '"' => self.literal().map(Term::Literal),
            _ => None,
        }
    }

    fn literal(&mut self) -> Option<Literal> {
        let lexical = self.until('"')?;
        if self.chars.next_if_eq(&'@').is_some() {
            let language = self.run(|c| c.is_ascii_alphanumeric() || c == '-');
            return Some(Literal { lexical, datatype: RDF_LANG_STRING.to_owned(), language: Some(language) });
        }
        if self.chars.next_if_eq(&'^').is_some() {
            self.chars.next_if_eq(&'^')?;
            self.chars.next_if_eq(&'<')?;
            return Some(Literal { lexical, datatype: self.until('>')?, language: None });
        }
        Some(Literal::typed(lexical, XSD_STRING))
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.chars.next_if(|c| belongs(*c))).collect()
    }

    /// Text up to `end`, escapes resolved.
    fn until(&mut self, end: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.chars.next()? {
                c if c == end => return Some(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.chars.next()? {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'u' => self.code_point(4)?,
            'U' => self.code_point(8)?,
            c @ ('"' | '\'' | '\\') => c,
            _ => return None,
        })
    }

    fn code_point(&mut self, digits: usize) -> Option<char> {
        let hex: String = self.chars.by_ref().take(digits).collect();
        char::from_u32(u32::from_str_radix(&hex, 16).ok()?)
    }
}

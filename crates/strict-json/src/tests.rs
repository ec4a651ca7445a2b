use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Result<Value, JsonError> {
    parse(text.as_bytes(), Limits::MESSAGE)
}

#[track_caller]
fn assert_malformed(text: &str, expected: &str) {
    match read(text) {
        Err(JsonError::Malformed { what, .. }) => assert_eq!(what, expected, "{text:?}"),
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn every_kind_of_value_is_read() {
    let text = r#" { "a" : [ 1 , -2, 0.5, 1e2, true, false, null, "é\n\u00e9\ud83d\ude00\/" ] , "b" : { } , "c":[]} "#;
    let expected = json!({"a": [1, -2, 0.5, 100.0, true, false, null, "é\né😀/"], "b": {}, "c": []});
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn a_duplicate_member_is_malformed_at_any_level_and_however_it_is_escaped() {
    for text in
        [r#"{"a":1,"a":1}"#, r#"{"x":{"a":1,"b":2,"a":3}}"#, r#"[[{"a":1,"\u0061":2}]]"#, r#"{"":1,"":2}"#]
    {
        assert_malformed(text, "a member that is already there");
    }
}

#[test]
fn depth_is_refused_before_the_stack_is() {
    let limits = Limits { max_bytes: 1 << 20, max_depth: 3 };
    assert!(parse(b"[[[1]]]", limits).is_ok());
    assert!(parse(br#"{"a":{"b":[]}}"#, limits).is_ok());
    assert_eq!(parse(b"[[[[1]]]]", limits), Err(JsonError::TooLarge));
    assert_eq!(parse(br#"{"a":[{"b":{}}]}"#, limits), Err(JsonError::TooLarge));
    assert_eq!(read(&"[".repeat(500_000)), Err(JsonError::TooLarge));
    assert_eq!(read(&r#"{"a":"#.repeat(100_000)), Err(JsonError::TooLarge));
    assert_eq!(JsonError::TooLarge.reason(), Reason::TooLarge);
}

#[test]
fn a_text_over_the_limit_is_not_read() {
    let limits = Limits { max_bytes: 4, max_depth: 1 };
    assert!(parse(b"1234", limits).is_ok());
    assert_eq!(parse(b"12345", limits), Err(JsonError::TooLarge));
}

#[test]
fn integers_end_at_two_to_the_53_minus_1() {
    assert_eq!(read("9007199254740991").unwrap().as_u64(), Some(9_007_199_254_740_991));
    assert_eq!(read("-9007199254740991").unwrap().as_i64(), Some(-9_007_199_254_740_991));
    assert_eq!(read("0").unwrap().as_u64(), Some(0));
    assert_eq!(read("-0").unwrap().as_i64(), Some(0));
    for text in [
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551616",
        &"9".repeat(400),
        "-99999999999999999999",
    ] {
        assert_malformed(text, "a number outside I-JSON");
    }
}

#[test]
fn floats_are_finite() {
    assert_eq!(read("1.5e3").unwrap().as_f64(), Some(1500.0));
    assert_eq!(read("1E-2").unwrap().as_f64(), Some(0.01));
    assert_eq!(read("1.7976931348623157e308").unwrap().as_f64(), Some(f64::MAX));
    assert_eq!(read("1.0").unwrap().as_u64(), None);
    for text in ["1e309", "-1e309", "1e99999999999999999999", "2.0e308"] {
        assert_malformed(text, "a number outside I-JSON");
    }
}

#[test]
fn numbers_keep_to_the_grammar() {
    for text in ["01", "-01", "00"] {
        assert_malformed(text, "a number with a leading zero");
    }
    for text in ["-", "1.", "1.e2", "1e", "1e+", "-a"] {
        assert_malformed(text, "a digit was expected");
    }
    for text in ["+1", ".5", "NaN", "Infinity", "nul", "tru", "'a'", "TRUE", "]"] {
        assert_malformed(text, "a value was expected");
    }
    for text in ["1_0", "0x10", "1 2", "{}{}", "null,", "1\u{a0}", "0\0"] {
        assert_malformed(text, "something after the end of the value");
    }
}

#[test]
fn a_member_that_serde_json_would_read_as_a_number_is_refused() {
    for name in [
        "$serde_json::private::Number",
        r"\u0024serde_json::private::Number",
        r"$serde_json::private::\u004eumber",
        "$serde_json::private::RawValue",
    ] {
        assert_malformed(&format!(r#"{{"{name}":"1"}}"#), "a reserved member name");
        assert_malformed(&format!(r#"[{{"a":1,"{name}":"1"}}]"#), "a reserved member name");
    }
    assert_eq!(read(r#"{"a":"$serde_json::private::Number"}"#).unwrap()["a"], "$serde_json::private::Number");
}

#[test]
fn strings_hold_no_lone_surrogate_and_no_control_character() {
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800A""#, r#""\udc00\ud800""#] {
        assert_malformed(text, "a lone surrogate");
    }
    for text in ["\"\n\"", "\"\0\"", "\"\u{1f}\""] {
        assert_malformed(text, "a control character inside a string");
    }
    for text in [r#""\x41""#, r#""\u{41}""#, r#""\é""#, r#""\"#] {
        assert!(read(text).is_err(), "{text}");
    }
    for text in [r#""\u00""#, r#""\u00g0""#, r#""\u+041""#, r#""\uéé""#, r#""\ud83d\u12"#] {
        assert_malformed(text, "four hexadecimal digits were expected");
    }
    assert_eq!(read("\"\u{7f}\u{2028}\"").unwrap(), "\u{7f}\u{2028}");
}

#[test]
fn a_byte_order_mark_and_bytes_that_are_no_utf_8_are_malformed() {
    assert_malformed("\u{feff}{}", "a byte-order mark");
    assert_malformed("{\u{feff}}", "a member name was expected");
    for bytes in [&b"\"\xff\""[..], b"\xff\xfe{\0}\0", b"\"\xed\xa0\x80\"", b"\"\xc0\x80\""] {
        let error = parse(bytes, Limits::MESSAGE).unwrap_err();
        assert!(matches!(error, JsonError::Malformed { what: "bytes that are not UTF-8", .. }), "{error}");
        assert_eq!(error.reason(), Reason::Malformed);
    }
}

#[test]
fn half_a_text_is_malformed() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "[1",
        "[1,",
        "\"a",
        "[1,]",
        "{\"a\":1,}",
        "[,]",
        "{,}",
    ] {
        assert!(matches!(read(text), Err(JsonError::Malformed { .. })), "{text:?}");
    }
}

#[test]
fn the_error_says_where_and_not_what_stood_there() {
    let error = read("{\n  \"naïve\": secret }").unwrap_err();
    assert_eq!(error, JsonError::Malformed { line: 2, column: 12, what: "a value was expected" });
    assert_eq!(error.to_string(), "not valid JSON at line 2, column 12: a value was expected");
}

#[test]
fn an_object_is_asked_for_where_one_is_due() {
    assert_eq!(parse_object(br#"{"a":1}"#, Limits::MESSAGE).unwrap().len(), 1);
    for text in ["[]", "1", "null", "\"{}\""] {
        assert!(matches!(parse_object(text.as_bytes(), Limits::MESSAGE), Err(JsonError::Malformed { .. })));
    }
}

/// Values within I-JSON, nested a few levels.
fn i_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-((1_i64 << 53) - 1)..(1_i64 << 53)).prop_map(Value::from),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn what_serde_json_writes_is_read_back(value in i_json()) {
        prop_assert_eq!(&read(&value.to_string()).unwrap(), &value);
        prop_assert_eq!(&read(&serde_json::to_string_pretty(&value).unwrap()).unwrap(), &value);
    }

    #[test]
    fn bytes_at_random_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Limits::MESSAGE);
    }

    #[test]
    fn text_that_looks_like_json_is_accepted_only_if_serde_json_accepts_it(
        text in r#"([\[\]{},:"\\ueE.+\-019 tfn]|true|null|"a"|\\u[dD][8cC]00|é){0,24}"#,
    ) {
        prop_assert!(read(&text).is_err() || serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn one_changed_byte_never_panics(value in i_json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = value.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = parse(&bytes, Limits::MESSAGE);
    }
}

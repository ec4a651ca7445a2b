use super::*;

const URL: &str = "https://issuer.example/status/1";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn list_of(encoded: &str) -> Map<String, Value> {
    let mut list = list_with(StatusPurpose::Revocation, &Bitstring::new());
    list["credentialSubject"]["encodedList"] = encoded.into();
    list
}

fn list_with(purpose: StatusPurpose, bits: &Bitstring) -> Map<String, Value> {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00.5Z"));
    list_credential(URL, "did:web:issuer.example", purpose, bits, from, until, 60_000)
}

fn parse(entry: &Value) -> Result<Entry, StatusError> {
    Entry::parse(entry.as_object().unwrap())
}

fn revocation(index: usize) -> Entry {
    parse(&entry(URL, StatusPurpose::Revocation, index)).unwrap()
}

#[test]
fn what_is_published_is_read_back() {
    let mut bits = Bitstring::new();
    for index in [0, 7, 8, 8672, ENTRIES - 1] {
        bits.set(index, true).unwrap();
    }
    bits.set(7, false).unwrap();
    let list = list_with(StatusPurpose::Revocation, &bits);
    for (index, expected) in [
        (0, StatusValue::Revoked),
        (1, StatusValue::Valid),
        (7, StatusValue::Valid),
        (8, StatusValue::Revoked),
        (8671, StatusValue::Valid),
        (8672, StatusValue::Revoked),
        (ENTRIES - 1, StatusValue::Revoked),
    ] {
        assert_eq!(revocation(index).value_in(&list), Ok(expected), "{index}");
    }
    assert_eq!(bits.set(ENTRIES, true), Err(StatusError::IndexInvalid));
    assert_eq!(ttl_milliseconds(&list), Some(60_000));
    assert_eq!(list["validUntil"], "2026-01-02T00:00:00Z");
}

#[test]
fn the_published_list_is_covered_by_a_signature_whole() {
    let list = list_with(StatusPurpose::Suspension, &Bitstring::new());
    let quads =
        portage_data_integrity::canonicalize(&list, &portage_catalog::Contexts::bundled()).unwrap().nquads;
    for term in ["#encodedList", "#statusPurpose", "#ttl", "BitstringStatusListCredential"] {
        assert!(quads.contains(term), "{term}");
    }
}

#[test]
fn s02_a_list_at_another_address_or_of_another_type_does_not_hold() {
    let sound = list_with(StatusPurpose::Revocation, &Bitstring::new());
    assert_eq!(revocation(3).value_in(&sound), Ok(StatusValue::Valid));
    let changes: [fn(&mut Map<String, Value>); 7] = [
        |list| list["id"] = "https://issuer.example/status/2".into(),
        |list| list["id"] = 1.into(),
        |list| drop(list.remove("id")),
        |list| list["type"] = json!(["VerifiableCredential"]),
        |list| list["credentialSubject"]["type"] = "StatusList2021".into(),
        |list| list["credentialSubject"] = json!([]),
        |list| drop(list.remove("credentialSubject")),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut list = sound.clone();
        change(&mut list);
        let error = revocation(3).value_in(&list).unwrap_err();
        assert_eq!(error.reason(), portage_reason::Reason::StatusListInvalid, "{number}");
    }
}

#[test]
fn s03_a_suspension_list_says_nothing_about_revocation() {
    let mut list = list_with(StatusPurpose::Suspension, &Bitstring::new());
    let wrong = Err(StatusError::ListInvalid("a list for another purpose"));
    assert_eq!(revocation(3).value_in(&list), wrong);
    list["credentialSubject"]["statusPurpose"] = json!(["suspension", "revocation"]);
    assert_eq!(revocation(3).value_in(&list), Ok(StatusValue::Valid));
}

#[test]
fn s04_an_index_that_is_not_one_is_never_valid() {
    let sound = entry(URL, StatusPurpose::Revocation, 5);
    assert!(parse(&sound).is_ok());
    for index in [
        json!("-5"),
        json!("+5"),
        json!("1.5"),
        json!("5e0"),
        json!("0x5"),
        json!(" 5"),
        json!("five"),
        json!(""),
        json!("٥"),
        json!("99999999999999999999999"),
        json!(5),
        json!(null),
        json!(["5"]),
    ] {
        let mut entry = sound.clone();
        entry["statusListIndex"] = index.clone();
        assert_eq!(parse(&entry), Err(StatusError::IndexInvalid), "{index}");
    }
    let list = list_with(StatusPurpose::Revocation, &Bitstring::new());
    for index in [ENTRIES, usize::MAX] {
        assert_eq!(revocation(index).value_in(&list), Err(StatusError::IndexInvalid), "{index}");
    }
    let wide = Entry { size: 8, index: usize::MAX, ..revocation(0) };
    assert_eq!(wide.value_in(&list), Err(StatusError::IndexInvalid));
}

#[test]
fn s05_a_bomb_of_one_gigabyte_stops_at_the_cap() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; 1 << 20]).unwrap();
    gzip.flush().unwrap();
    let (header, megabyte) = gzip.get_ref().split_at(10);
    let packed = [header, &megabyte.repeat(1024)].concat();
    assert!(packed.len() < 2 << 20, "{}", packed.len());
    let list = list_of(&multibase::encode_base64url(&packed));
    assert_eq!(revocation(0).value_in(&list), Err(StatusError::TooLarge));
    let long = format!("u{}", "A".repeat(MAX_PACKED / 3 * 4 + 4));
    assert_eq!(revocation(0).value_in(&list_of(&long)), Err(StatusError::TooLarge));
}

#[test]
fn s08_a_short_list_and_entries_that_break_a_rule_do_not_hold() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; ENTRIES / 8 - 1]).unwrap();
    let short = multibase::encode_base64url(&gzip.finish().unwrap());
    let error = revocation(0).value_in(&list_of(&short)).unwrap_err();
    assert_eq!(error, StatusError::ListInvalid("fewer entries than 131,072"));
    for encoded in ["", "u", "uAAAA", "zAAAA", "u%%%"] {
        let error = revocation(0).value_in(&list_of(encoded)).unwrap_err();
        assert!(matches!(error, StatusError::ListInvalid(_)), "{encoded}");
    }
    for (member, value) in [
        ("type", json!("StatusList2021Entry")),
        ("type", json!(null)),
        ("statusPurpose", json!("other")),
        ("statusPurpose", json!(["revocation"])),
        ("statusListCredential", json!("relative")),
        ("statusListCredential", json!(1)),
        ("statusSize", json!(0)),
        ("statusSize", json!(9)),
        ("statusSize", json!("1")),
        ("statusSize", json!(2)),
        ("statusMessage", json!("fine")),
        ("statusMessage", json!([{ "status": "0x0", "message": "fine" }])),
        ("statusMessage", json!([{ "status": "0x0", "message": "fine" }, { "status": "0x1" }])),
        ("statusMessage", json!([{ "status": "0x0", "message": "fine" }, { "message": "not fine" }])),
        ("statusReference", json!("relative")),
        ("statusReference", json!(["https://city.example/statuses", 1])),
    ] {
        let mut entry = entry(URL, StatusPurpose::Revocation, 5);
        entry[member] = value.clone();
        assert!(matches!(parse(&entry), Err(StatusError::ListInvalid(_))), "{member}: {value}");
    }
    assert!(parse(&json!({})).is_err());
    let mut whole = entry(URL, StatusPurpose::Message, 5);
    whole["statusSize"] = json!(1);
    whole["statusMessage"] =
        json!([{ "status": "0x0", "message": "fine", "more": 1 }, { "status": "0x1", "message": "see us" }]);
    whole["statusReference"] = json!(["https://city.example/statuses"]);
    assert_eq!(parse(&whole).unwrap().message(1), Some("see us"));
}

#[test]
fn s09_a_value_without_a_known_meaning_is_not_valid() {
    use StatusPurpose::{Message, Refresh, Revocation, Suspension};
    for (purpose, value, expected) in [
        (Revocation, 0, StatusValue::Valid),
        (Revocation, 1, StatusValue::Revoked),
        (Revocation, 2, StatusValue::Unknown(2)),
        (Suspension, 1, StatusValue::Suspended),
        (Suspension, 3, StatusValue::Unknown(3)),
        (Refresh, 0, StatusValue::Valid),
        (Refresh, 1, StatusValue::Informative(1)),
        (Message, 0, StatusValue::Informative(0)),
    ] {
        assert_eq!(purpose.meaning(value), expected);
    }
}

#[test]
fn entries_of_every_width_are_read_across_bytes() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let bytes: Vec<u8> = (0..ENTRIES).map(|n| u8::try_from(n % 251).unwrap()).collect();
    gzip.write_all(&bytes).unwrap();
    let encoded = multibase::encode_base64url(&gzip.finish().unwrap());
    for size in 1..=8_u8 {
        for index in [0, 1, 2, 3, 5, 1000, 1001, ENTRIES - 1] {
            let bit = |n: usize| bytes[n / 8] >> (7 - n % 8) & 1;
            let first = index * usize::from(size);
            let expected = (first..first + usize::from(size)).fold(0_u8, |value, n| value << 1 | bit(n));
            assert_eq!(value_at(&encoded, index, size), Ok(expected), "{index} of {size}");
        }
    }
}

#[test]
fn indexes_are_random_free_and_refused_when_the_list_is_three_quarters_full() {
    struct Counter(std::sync::atomic::AtomicU64);
    impl Entropy for Counter {
        fn fill(&self, out: &mut [u8]) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
            for (byte, random) in out.iter_mut().zip(next.to_le_bytes()) {
                *byte = random;
            }
        }
    }
    let entropy = Counter(1.into());
    let mut taken = std::collections::HashSet::new();
    for _ in 0..1000 {
        let index = allocate(&|index| taken.contains(&index), taken.len(), &entropy).unwrap();
        assert!(index < ENTRIES && taken.insert(index));
    }
    assert_eq!(allocate(&|_| false, ENTRIES / 4 * 3, &entropy), None);
    assert_eq!(allocate(&|_| true, 0, &entropy), None);
}

#[test]
fn s09_entries_of_every_size_are_written_as_they_are_read() {
    let (url, at) = ("https://issuer.example/status/1", "2026-01-01T00:00:00Z".parse().unwrap());
    for size in [1, 2, 4, 8] {
        let texts: Vec<String> = (0..1_u16 << size).map(|value| format!("meaning {value}")).collect();
        let messages = StatusMessages::new(texts.clone()).unwrap();
        assert_eq!(messages.bits(), size);
        let mut bits = Bitstring::with_size(size).unwrap();
        let most = 0xff >> (8 - size);
        for (index, value) in [(0, most), (5, 1), (6, 0), (ENTRIES - 1, most)] {
            bits.set_value(index, value).unwrap();
            let list = list_credential(url, "did:web:a.example", StatusPurpose::Message, &bits, at, at, 1);
            let entry = message_entry(url, index, &messages);
            let entry = Entry::parse(entry.as_object().unwrap()).unwrap();
            assert_eq!(entry.value_in(&list), Ok(StatusValue::Informative(value)), "{size} {index}");
            assert_eq!(entry.message(value), Some(format!("meaning {value}").as_str()));
        }
        assert_eq!(bits.set_value(ENTRIES, 1), Err(StatusError::IndexInvalid));
        assert_eq!(messages.text(most), Some(format!("meaning {most}").as_str()));
        assert_eq!(StatusMessages::new([texts, vec!["one more".into()]].concat()), None);
        if size < 8 {
            assert_eq!(bits.set_value(0, most + 1), Err(StatusError::IndexInvalid));
        }
    }
    assert_eq!(Bitstring::with_size(3), None);
}

/// §2.1: an `id` would have to be another address than the list's, and says nothing.
#[test]
fn an_entry_that_is_written_has_no_id() {
    let messages = StatusMessages::new(vec!["fine".into(), "see us".into()]).unwrap();
    for written in [entry(URL, StatusPurpose::Revocation, 5), message_entry(URL, 5, &messages)] {
        assert_eq!(written.get("id"), None);
    }
}

/// §2.2: a list of messages tells the size of its entries and what their values mean, and a signature covers that, too.
#[test]
fn a_list_of_messages_says_its_size_and_what_its_values_mean() {
    let texts = ["fine", "under review", "address unknown", "see the counter"].map(str::to_owned);
    let messages = StatusMessages::new(texts.to_vec()).unwrap();
    let mut bits = Bitstring::with_size(2).unwrap();
    bits.set_value(7, 3).unwrap();
    let list = with_messages(list_with(StatusPurpose::Message, &bits), &messages);
    let subject = &list["credentialSubject"];
    assert_eq!(subject["statusSize"], 2);
    assert_eq!(subject["statusMessages"][3], json!({ "status": "0x3", "message": "see the counter" }));
    assert_eq!(subject["statusMessages"].as_array().unwrap().len(), 4);
    let entry = message_entry(URL, 7, &messages);
    assert_eq!(parse(&entry).unwrap().value_in(&list), Ok(StatusValue::Informative(3)));
    let contexts = portage_catalog::Contexts::bundled();
    let quads = portage_data_integrity::canonicalize(&list, &contexts).unwrap().nquads;
    assert!(quads.contains("see the counter"));
}

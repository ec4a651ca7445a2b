use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Catalog;

fn licence() -> RegisterMapping {
    let catalog = Catalog::bundled();
    catalog.credential_type("business-licence").and_then(|ty| ty.register.clone()).unwrap()
}

fn row(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let cells = [
        ("LicenceRSN", "4000001"),
        ("LicenceNumber", "25-000001"),
        ("BusinessName", "Example Foods Ltd"),
        ("BusinessTradeName", "The Example Kitchen"),
        ("BusinessType", "Restaurant"),
        ("IssuedDate", "2024-12-04T09:43:05-08:00"),
        ("ExpiredDate", "2025-12-31"),
        ("Province", "BC"),
    ];
    cells.iter().chain(changes).map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())).collect()
}

#[test]
fn a_row_becomes_a_record_with_its_claims_and_its_last_day() {
    let record = licence().claims_of(&row(&[])).unwrap();
    assert_eq!(record.record, "4000001");
    assert_eq!(
        Value::Object(record.claims),
        json!({"licence_number": "25-000001", "business_name": "Example Foods Ltd",
            "trade_name": "The Example Kitchen", "business_type": "Restaurant", "issued_date": "2024-12-04",
            "expiry_date": "2025-12-31", "province": "BC"})
    );
    assert_eq!(record.validity.from, None);
    assert_eq!(record.validity.until, "2026-01-01T07:59:59Z".parse().ok());
}

#[test]
fn an_empty_cell_is_an_absent_claim_and_a_missing_column_an_empty_cell() {
    let record = licence().claims_of(&row(&[("BusinessTradeName", "  "), ("Unit", "")])).unwrap();
    assert!(!record.claims.contains_key("trade_name"));
    assert!(!record.claims.contains_key("unit"));
    assert!(!record.claims.contains_key("street"));
}

#[test]
fn a_row_is_refused_when_a_required_claim_is_missing_or_a_cell_unreadable() {
    let mapping = licence();
    for (column, cell, reason) in [
        ("LicenceNumber", "", Reason::ValueMissing),
        ("LicenceRSN", " ", Reason::ValueMissing),
        ("IssuedDate", "yesterday", Reason::ValueInvalid),
        ("ExpiredDate", "2025-02-30", Reason::ValueInvalid),
        ("ExpiredDate", "", Reason::ValueMissing),
    ] {
        let error = mapping.claims_of(&row(&[(column, cell)])).unwrap_err();
        assert_eq!((error.column.as_str(), error.reason), (column, reason), "{cell}");
        assert!(error.message.en.contains(column) && error.message.fr.contains(column));
        assert!(cell.trim().is_empty() || !error.to_string().contains(cell), "a cell is repeated");
    }
}

#[test]
fn a_day_is_read_in_the_time_zone_of_the_register() {
    let mapping = licence();
    // Half past one at night in Halifax is still the day before in Vancouver.
    let record = mapping.claims_of(&row(&[("IssuedDate", "2024-12-05T01:30:00-04:00")])).unwrap();
    assert_eq!(record.claims.get("issued_date"), Some(&json!("2024-12-04")));
    let record = mapping.claims_of(&row(&[("IssuedDate", "20241205")])).unwrap();
    assert_eq!(record.claims.get("issued_date"), Some(&json!("2024-12-05")));
}

#[test]
fn a_record_is_valid_through_its_last_day_and_expired_the_day_after() {
    let validity = licence().claims_of(&row(&[])).unwrap().validity;
    assert_eq!(validity.check_on(date(2025, 12, 31)), Ok(()));
    assert_eq!(validity.check_on(date(2026, 1, 1)), Err(Reason::Expired));

    let mut mapping = licence();
    mapping.valid_from = Some("IssuedDate".to_owned());
    let validity = mapping.claims_of(&row(&[])).unwrap().validity;
    assert_eq!(validity.check_on(date(2024, 12, 3)), Err(Reason::NotYetValid));
    assert_eq!(validity.check_on(date(2024, 12, 4)), Ok(()), "it begins in the course of that day");

    let error = mapping.claims_of(&row(&[("ExpiredDate", "2024-12-03")])).unwrap_err();
    assert_eq!((error.column.as_str(), error.reason), ("ExpiredDate", Reason::ValueInvalid));
}

#[test]
fn a_claim_that_does_not_fit_its_type_is_told_by_its_column() {
    let error = licence().row_error("province", Reason::SchemaMismatch);
    assert_eq!((error.column.as_str(), error.reason), ("Province", Reason::SchemaMismatch));
}

#[test]
fn cells_are_read_by_the_kind_of_their_claim() {
    let zone = TimeZone::UTC;
    let read = |text, kind| read_cell(text, kind, &zone);
    assert_eq!(read("25.0", ClaimKind::Number), Some(json!(25)));
    assert_eq!(read("-2.5", ClaimKind::Number), Some(json!(-2.5)));
    assert_eq!(read("1e400", ClaimKind::Number), None);
    assert_eq!(read("NaN", ClaimKind::Number), None);
    assert_eq!(read("2,5", ClaimKind::Number), None);
    assert_eq!(read("Oui", ClaimKind::Boolean), Some(json!(true)));
    assert_eq!(read("maybe", ClaimKind::Boolean), None);
    assert_eq!(read("2024-02-29", ClaimKind::DateInt), Some(json!(20_240_229)));
    assert_eq!(read("0000-01-01", ClaimKind::DateInt), None, "no number of eight digits");
    assert_eq!(read("2024-02-29", ClaimKind::DateTime), None);
    assert_eq!(read("AA", ClaimKind::Binary), None);
}

#[test]
fn several_columns_become_one_claim() {
    let cells = Cells::Columns {
        columns: ["Unit", "House", "Street"].map(str::to_owned).to_vec(),
        separator: " ".to_owned(),
    };
    assert_eq!(
        cells.text(&row(&[("House", "100"), ("Street", "EXAMPLE ST")])).as_deref(),
        Some("100 EXAMPLE ST")
    );
    assert_eq!(cells.text(&row(&[])), None);
    assert_eq!(Cells::Constant("CA".to_owned()).text(&row(&[])).as_deref(), Some("CA"));
}

#[test]
fn a_mapping_that_could_not_work_is_refused_when_it_is_read() {
    let claims = &Catalog::bundled().credential_type("business-licence").unwrap().claims.clone();
    let good: Value =
        serde_json::from_str(include_str!("../../../../specs/credentials/business-licence/register.json"))
            .unwrap();
    let read = |file: &Value| {
        RegisterMapping::read("register.json", file.to_string().as_bytes(), claims, |_| false).map(|_| ())
    };
    assert_eq!(read(&good), Ok(()));
    for (pointer, value) in [
        ("/claims/licence_number", json!({"constant": "x", "column": "y"})),
        ("/claims/licence_number", json!({"columns": ["a", "b"]})),
        ("/claims/licence_number", json!({"colum": "y"})),
        ("/time_zone", json!("America/Atlantis")),
        ("/record", json!(3)),
    ] {
        let mut file = good.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        assert!(read(&file).is_err(), "{pointer}");
    }
    let mut file = good.clone();
    file["claims"].as_object_mut().unwrap().remove("licence_number");
    assert!(read(&file).unwrap_err().to_string().contains("licence_number"));
    let mut file = good;
    file["claims"]["colour"] = json!({"column": "Colour"});
    assert!(read(&file).unwrap_err().to_string().contains("colour"));
}

proptest! {
    /// Whatever a register holds, a row is a record or an error that names a column: never a panic.
    #[test]
    fn any_cell_is_read_or_refused(column in 0_usize..20, text in "\\PC{0,40}|[0-9TZ:+.-]{0,30}") {
        let mapping = licence();
        let columns = mapping.columns();
        let column = columns.iter().nth(column % columns.len()).unwrap();
        match mapping.claims_of(&row(&[(column, &text)])) {
            Ok(record) => prop_assert!(!record.record.is_empty()),
            Err(error) => prop_assert!(columns.contains(error.column.as_str())),
        }
    }

    #[test]
    fn a_cell_becomes_a_value_of_its_kind(text in "\\PC{1,40}|[0-9TZ:+.-]{1,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}") {
        for kind in [ClaimKind::String, ClaimKind::Number, ClaimKind::Boolean, ClaimKind::Date, ClaimKind::DateInt, ClaimKind::DateTime] {
            if let Some(value) = read_cell(&text, kind, &TimeZone::UTC) {
                prop_assert!(kind.admits(&value), "{kind:?} {value}");
            }
        }
    }
}

//! A register that a city publishes, offered as it is.

use std::path::Path;

use crate::program::{end, init, lines, run};

#[test]
fn a_real_register_is_offered_row_by_row_once() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vancouver-restaurant-licences.csv");
    if !file.exists() {
        eprintln!("left out: {} is not there", file.display());
        return;
    }
    let file = file.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    init(folder.path());
    let offer = ["offer", "--type", "business-licence", "--from", file, "--as-of", "2025-10-01"];
    let all = run(folder.path(), &offer);
    assert_eq!(end(&all), (1, "expired".into()), "some were over on that day, the others stand");
    let rows = lines(&all);
    let refused: Vec<_> = rows.iter().filter(|row| row.get("refused").is_some()).collect();
    assert_eq!((rows.len(), refused.len()), (2_256, 1_136));
    for row in refused {
        assert_eq!(
            (&row["refused"]["reason"], &row["refused"]["column"]),
            (&"expired".into(), &"ExpiredDate".into())
        );
    }
    assert_eq!(lines(&run(folder.path(), &offer)), rows, "the same file again changes nothing");

    // One record of it, on a day when every row was good.
    let one = run(
        folder.path(),
        &[
            "offer",
            "--type",
            "business-licence",
            "--from",
            file,
            "--record",
            "4528706",
            "--as-of",
            "2024-10-01",
        ],
    );
    assert_eq!(end(&one).0, 0);
    assert_eq!(lines(&one).len(), 1);
    let none = run(folder.path(), &["offer", "--type", "business-licence", "--from", file, "--record", "0"]);
    assert_eq!((end(&none), lines(&none).len()), ((1, "value_missing".into()), 0));
    let without = run(folder.path(), &["offer", "--type", "operator-card", "--from", file]);
    assert_eq!(end(&without).0, 2, "a type without register.json");
}

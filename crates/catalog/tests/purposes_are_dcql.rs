//! What the purposes ask is DCQL (OpenID4VP 1.0 §6) as the crate of that language reads it.

use portage_catalog::Catalog;
use portage_dcql::Query;

#[test]
fn every_purpose_asks_in_dcql() {
    for purpose in Catalog::bundled().purposes() {
        let query = Query::parse(&purpose.query).unwrap_or_else(|error| panic!("{}: {error}", purpose.id));
        for credential in &query.credentials {
            assert!(!credential.multiple, "{}", purpose.id);
        }
    }
}

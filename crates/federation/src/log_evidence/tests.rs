use super::*;
use crate::{
    EntityStatement, MemoryLog, UnverifiedStatement,
    tests::{id, key, keys, now},
};

const TYPE: &str = "https://types.example/business-licence";
const PERSON: &str = "https://types.example/person";
const DID: &str = "did:web:city.example";

fn log(number: u8) -> MemoryLog {
    MemoryLog::new(&id("https://bc.example"), key(number)).unwrap()
}

/// What bc.example says of the city.
fn statement(subject: &str, types: &[&str]) -> SubordinateStatement {
    let end = "2026-06-02T00:00:00Z".parse().unwrap();
    let mut statement = SubordinateStatement::new(id("https://bc.example"), id(subject), keys(2), now(), end);
    let rights = Rights::none_in(Jurisdiction::parse("CA-BC-5915022").unwrap());
    let rights = rights.issuing(types.iter().copied()).unwrap().acting_as([Role::Issuer]);
    let until = Some("2027-04-01T00:00:00Z".parse().unwrap());
    statement.rights = Some(Rights { until, ..rights.identified_by(DID).unwrap() });
    statement
}

fn changed(of: &SubordinateStatement, change: impl FnOnce(Rights) -> Rights) -> SubordinateStatement {
    SubordinateStatement { rights: of.rights.clone().map(change), ..of.clone() }
}

#[test]
fn rights_count_with_the_entry_that_tells_them_and_with_no_other() {
    let mut log = log(9);
    log.append(b"another");
    let mut good = statement("https://city.example", &[TYPE]);
    log.publish(&mut good).unwrap();
    let address = log.address();
    let logged = good.verify_log(address).unwrap();
    assert_eq!((logged.index, logged.checkpoint.size(), logged.as_of), (1, 2, now()));
    let jwt = good.sign(&keys(1), &key(1)).unwrap();
    let read = UnverifiedStatement::parse(&jwt).unwrap().verify(&keys(1), now()).unwrap();
    let EntityStatement::Subordinate(read) = read.into_statement() else { panic!("it is subordinate") };
    assert_eq!(read, good, "the evidence travels in the statement");

    let less = changed(&good, |rights| Rights { types: Vec::new(), ..rights });
    assert!(less.verify_log(address).is_ok(), "less than the entry tells");
    let bc = Jurisdiction::parse("CA-BC").unwrap();
    let sooner = "2026-12-01T00:00:00Z".parse().ok();
    assert!(changed(&good, |rights| Rights { until: sooner, ..rights }).verify_log(address).is_ok());

    let mut other = SubordinateStatement { subject: id("https://town.example"), ..good.clone() };
    assert_eq!(other.verify_log(address).unwrap_err().0, "the entry is about others");
    other.subject = good.subject.clone();
    other.issuer = id("https://ab.example");
    assert_eq!(other.verify_log(address).unwrap_err().0, "the entry is about others");
    let mut with_log = good.clone();
    with_log.metadata = Metadata::new().with_log(address);
    for (refused, what) in [
        (changed(&good, |rights| rights.issuing([PERSON]).unwrap()), "another type"),
        (changed(&good, |rights| Rights { until: None, ..rights }), "without an end"),
        (changed(&good, |rights| Rights { jurisdiction: bc, ..rights }), "a wider jurisdiction"),
        (changed(&good, |rights| rights.acting_as([Role::Authority])), "another role"),
        (changed(&good, |rights| rights.identified_by("did:web:thief.example").unwrap()), "another DID"),
        (changed(&good, |rights| Rights { relation: crate::Relation::Peer, ..rights }), "a peer"),
        (with_log, "a log that the entry does not tell"),
    ] {
        let error = refused.verify_log(address).unwrap_err();
        assert_eq!(
            (error.0, error.reason().name()),
            ("the entry tells other rights", "log_proof_invalid"),
            "{what}"
        );
    }
    let none = SubordinateStatement { log_evidence: None, ..good.clone() };
    assert_eq!(none.verify_log(address).unwrap_err().0, "no evidence of the log");
    assert!(good.verify_log(self::log(8).address()).is_err(), "the log of somebody else");
}

#[test]
fn a_type_that_an_entry_tells_by_its_address_covers_those_below() {
    let mut log = log(9);
    let mut good = statement("https://city.example", &["https://types.example/*"]);
    log.publish(&mut good).unwrap();
    assert!(good.verify_log(log.address()).is_ok());
    let named = |name: &str| {
        changed(&good, |rights| Rights { types: vec![TypeName::parse(name).unwrap()], ..rights })
    };
    assert!(named(TYPE).verify_log(log.address()).is_ok());
    assert!(named("https://other.example/card").verify_log(log.address()).is_err());
    assert!(named("*").verify_log(log.address()).is_err());
}

#[test]
fn the_address_of_a_log_reads_back() {
    let log = log(9);
    assert_eq!(Metadata::new().with_log(log.address()).log().as_ref(), Some(log.address()));
    assert_eq!(Metadata::new().log(), None);
}

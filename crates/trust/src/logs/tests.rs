use jiff::ToSpan as _;
use portage_federation::MemoryLog;

use super::*;
use crate::{
    Authorities, Authority,
    authorities::tests::list,
    federation::tests::{
        ALBERTA, CALGARY, DID, LICENCE, calgary, city_rights, id, key, log, now, publish, says_at,
    },
};

/// Calgary's chain, as Alberta says it at a time: one entry more in its log.
fn chain_at(at: Timestamp, types: &[&str]) -> Vec<String> {
    vec![calgary(), says_at(at, ALBERTA, CALGARY, city_rights(types))]
}

fn soon() -> Timestamp {
    now() + 10.minutes()
}

fn authorities() -> Authorities {
    Authorities::new(list(), soon)
}

fn served(log: &MemoryLog, url: &Url) -> Option<Vec<u8>> {
    assert!(is_log_file(url), "{url}");
    log.tile(url.path().strip_prefix("/log/")?)
}

/// Shows a chain; how many files of the log were wanted.
fn show(authority: &Authorities, chain: &[String], serve: impl Fn(&Url) -> Option<Vec<u8>>) -> usize {
    authority.take_chain(DID, chain, soon());
    let Some(mut inquiry) = authority.inquire(DID, soon()) else { return 0 };
    let mut asked = 0;
    while let wanted = inquiry.wanted()
        && !wanted.is_empty()
    {
        asked += wanted.len();
        inquiry.supply(wanted.iter().map(&serve).collect());
    }
    asked
}

fn may(authority: &Authorities) -> Result<(), Reason> {
    authority.may_issue(DID, &[LICENCE]).map(drop)
}

fn size(authority: &Authorities) -> Option<u64> {
    let kept = authority.remembered_logs();
    kept.first()?.checkpoint.lines().nth(1)?.parse().ok()
}

/// Alberta's log begins anew, with another history of so many entries.
fn rewrite(entries: usize) {
    let mut other = MemoryLog::new(&id(ALBERTA), key(ALBERTA)).unwrap();
    (0..entries).for_each(|at| _ = other.append(format!("another {at}")));
    publish(ALBERTA, |log| *log = other);
}

const REFUSED: Result<(), Reason> = Err(Reason::LogProofInvalid);

#[test]
fn a_log_that_grew_is_asked_for_its_files_and_remembered() {
    let authority = authorities();
    assert_eq!(show(&authority, &chain_at(now(), &[LICENCE]), |_| None), 0, "the first is believed");
    assert_eq!((may(&authority), size(&authority)), (Ok(()), Some(1)));
    publish(ALBERTA, |log| (0..300).for_each(|at| _ = log.append(format!("entry {at}"))));
    let grown = chain_at(now() + 2.minutes(), &[LICENCE]);
    assert!(show(&authority, &grown, |url| served(&log(ALBERTA), url)) > 0);
    assert_eq!((may(&authority), size(&authority)), (Ok(()), Some(302)));
    assert_eq!(show(&authority, &grown, |_| None), 0, "nothing new");
    let links = authority.may_issue(DID, &[LICENCE]).unwrap().chain.unwrap().to_json();
    assert_eq!(links["links"][0]["log"]["entry"], 301);
    assert_eq!(links["links"][0]["log"]["origin"], "alberta.example/log");
}

#[test]
fn a_fork_is_refused_after_an_honest_checkpoint() {
    let authority = authorities();
    let honest = chain_at(now(), &[LICENCE]);
    show(&authority, &honest, |_| None);
    let (kept, honest_log) = (authority.remembered_logs(), log(ALBERTA));
    rewrite(0);
    let forked = chain_at(now() + 1.minute(), &[LICENCE, CALGARY]);
    show(&authority, &forked, |url| served(&log(ALBERTA), url));
    assert_eq!(may(&authority), REFUSED, "two roots at one size");

    // The same after a night: what is remembered was kept.
    let next_day = authorities();
    next_day.restore_logs(&kept);
    show(&next_day, &forked, |_| None);
    assert_eq!(may(&next_day), REFUSED);
    let next_day = authorities();
    next_day.restore_logs(&kept);
    publish(ALBERTA, |log| *log = honest_log);
    show(&next_day, &honest, |_| None);
    assert_eq!(may(&next_day), Ok(()), "the twin");
    let stranger = authorities();
    show(&stranger, &forked, |_| None);
    assert_eq!(may(&stranger), Ok(()), "whoever saw nothing before sees nothing wrong");
}

#[test]
fn a_longer_log_that_does_not_begin_with_the_known_one_is_refused() {
    let authority = authorities();
    show(&authority, &chain_at(now(), &[LICENCE]), |_| None);
    rewrite(5);
    let rewritten = chain_at(now() + 1.minute(), &[LICENCE]);
    assert!(show(&authority, &rewritten, |url| served(&log(ALBERTA), url)) > 0);
    assert_eq!((may(&authority), size(&authority)), (REFUSED, Some(1)));
}

#[test]
fn without_its_files_a_longer_log_is_believed_for_a_while_and_not_remembered() {
    let authority = authorities();
    show(&authority, &chain_at(now(), &[LICENCE]), |_| None);
    rewrite(5);
    assert!(show(&authority, &chain_at(now() + 1.minute(), &[LICENCE]), |_| None) > 0);
    assert_eq!((may(&authority), size(&authority)), (Ok(()), Some(1)), "offline, within the chain's time");

    // The same, of a log that was last seen eight days ago.
    let authority = authorities();
    let mut short = MemoryLog::new(&id(ALBERTA), key(ALBERTA)).unwrap();
    short.append("first");
    let mut kept = RememberedLog {
        vkey: short.address().key.to_string(),
        checkpoint: short.checkpoint().unwrap().note().to_owned(),
        as_of: now() - 192.hours(),
    };
    authority.restore_logs(std::slice::from_ref(&kept));
    let chain = chain_at(now() + 2.minutes(), &[LICENCE]);
    show(&authority, &chain, |_| None);
    assert_eq!(may(&authority), REFUSED, "its files stay away too long");
    kept.as_of = now() - 24.hours();
    let authority = authorities();
    authority.restore_logs(&[kept]);
    show(&authority, &chain, |_| None);
    assert_eq!(may(&authority), Ok(()));
}

#[test]
fn a_log_that_shrank_is_refused_and_an_earlier_word_is_not() {
    let earlier = chain_at(now(), &[LICENCE]);
    let later = chain_at(now() + 2.minutes(), &[LICENCE]);
    let first = authorities();
    show(&first, &later, |_| None);
    let authority = authorities();
    authority.restore_logs(&first.remembered_logs());
    assert!(show(&authority, &earlier, |url| served(&log(ALBERTA), url)) > 0);
    assert_eq!(
        (may(&authority), size(&authority)),
        (Ok(()), Some(2)),
        "said before, and the beginning of it"
    );

    rewrite(0);
    let shrunken = chain_at(now() + 5.minutes(), &[LICENCE]);
    show(&authority, &shrunken, |url| served(&log(ALBERTA), url));
    assert_eq!((may(&authority), size(&authority)), (REFUSED, Some(2)));
}

#[test]
fn an_address_of_a_statement_is_no_file_of_a_log() {
    for (address, is) in [
        ("https://bc.example/log/tile/0/000", true),
        ("https://bc.example/log/tile/1/x001/234.p/7", true),
        ("https://bc.example/.well-known/openid-federation", false),
        ("https://bc.example/tile/federation/fetch", false),
    ] {
        assert_eq!(is_log_file(&address.parse().unwrap()), is, "{address}");
    }
}

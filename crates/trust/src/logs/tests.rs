use jiff::ToSpan as _;
use portage_federation::MemoryLog;

use super::*;
use crate::{
    Authorities, Authority, Inquiry, Wanted,
    authorities::tests::list,
    federation::tests::{
        ALBERTA, CALGARY, DID, LICENCE, calgary, city_rights, id, key, keys, log, now, publish, purpose,
        purpose_statement, says_at,
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
    log.tile(url.path().strip_prefix("/log/")?)
}

/// Shows a chain; how many files of the log were wanted.
fn show(authority: &Authorities, chain: &[String], serve: impl Fn(&Url) -> Option<Vec<u8>>) -> usize {
    authority.take_chain(DID, chain, soon());
    answer(authority.inquire(DID, soon()), serve)
}

/// Lets an inquiry read files of a log; how many it wanted.
fn answer(inquiry: Option<Box<dyn Inquiry>>, serve: impl Fn(&Url) -> Option<Vec<u8>>) -> usize {
    let Some(mut inquiry) = inquiry else { return 0 };
    let mut asked = 0;
    while let wanted = inquiry.wanted()
        && !wanted.is_empty()
    {
        asked += wanted.len();
        let file = |wanted: &Wanted| match wanted {
            Wanted::LogFile(url) => serve(url),
            Wanted::Statement(url) => panic!("{url} is no file of a log"),
        };
        inquiry.supply(wanted.iter().map(file).collect());
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
        broken: BTreeSet::new(),
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
fn what_was_caught_once_stays_refused_after_a_restart_and_the_log_has_no_time_left_to_explain() {
    let authority = authorities();
    let honest = chain_at(now(), &[LICENCE]);
    show(&authority, &honest, |_| None);
    let before = authority.remembered_logs();
    rewrite(5);
    let rewritten = chain_at(now() + 1.minute(), &[LICENCE]);
    assert!(show(&authority, &rewritten, |url| served(&log(ALBERTA), url)) > 0);
    let kept = authority.remembered_logs();
    assert_eq!(kept[0].broken.len(), 1);

    // The next day the log keeps its files away.
    let restarted = |kept: &[RememberedLog]| {
        let authority = authorities();
        authority.restore_logs(kept);
        authority.restore_logs(kept);
        authority
    };
    let next_day = restarted(&kept);
    show(&next_day, &rewritten, |_| None);
    assert_eq!(may(&next_day), REFUSED, "it is remembered");
    let forgetful = restarted(&before);
    show(&forgetful, &rewritten, |_| None);
    assert_eq!(may(&forgetful), Ok(()), "the twin: whoever never saw the files believes it for a while");
    let grown = chain_at(now() + 2.minutes(), &[LICENCE]);
    let next_day = restarted(&kept);
    show(&next_day, &grown, |_| None);
    assert_eq!(may(&next_day), REFUSED, "one that was caught has no seven days");
    let next_day = restarted(&kept);
    show(&next_day, &honest, |_| None);
    assert_eq!(may(&next_day), Ok(()), "the twin: what was shown before stands");
}

#[test]
fn a_log_that_was_caught_again_and_again_is_believed_for_what_is_remembered_alone() {
    let mut memory = LogMemory::default();
    let logged = |entries: usize, first: &str| {
        let mut log = MemoryLog::new(&id(ALBERTA), key(ALBERTA)).unwrap();
        log.append(first);
        (1..entries).for_each(|at| _ = log.append(format!("entry {at}")));
        let checkpoint = log.checkpoint().unwrap();
        Logged { log: log.address().clone(), index: 0, checkpoint, as_of: now() }
    };
    let first = logged(2, "first");
    memory.see(&first);
    (0..2 * MAX_BROKEN).for_each(|fork| memory.see(&logged(2, &format!("fork {fork}"))));
    let kept = memory.kept();
    assert_eq!(kept[0].broken.len(), MAX_BROKEN, "it takes no more room");
    let refused = |logged: &Logged| memory.check([logged].into_iter()).is_err();
    assert!(refused(&logged(2, "fork 1")) && refused(&logged(2, &format!("fork {}", 2 * MAX_BROKEN - 1))));
    assert!(!refused(&first), "the twin");
}

#[test]
fn a_mark_that_is_required_forgets_no_log() {
    let authority = authorities();
    show(&authority, &chain_at(now(), &[LICENCE]), |_| None);
    let kept = authority.remembered_logs();
    let requiring = crate::RequiringMarks::new(authorities(), []);
    assert!(requiring.remembered_logs().is_empty());
    requiring.restore_logs(&kept);
    assert_eq!(requiring.remembered_logs(), kept);
}

/// The purposes that Alberta signs for Calgary: the log they stand in is held to what was seen of it.
#[test]
fn a_purpose_is_held_against_what_is_remembered_of_its_log() {
    let signed = || {
        let said = purpose_statement(ALBERTA, CALGARY, purpose(&[LICENCE]));
        said.sign(&keys(ALBERTA), &key(ALBERTA)).unwrap()
    };
    let judged = |authority: &Authorities, statement: &str, serve: &dyn Fn(&Url) -> Option<Vec<u8>>| {
        answer(authority.inquire_statement(DID, statement, soon()), serve);
        authority.vouched_purpose(DID, statement).map(drop)
    };
    let chain = chain_at(now(), &[LICENCE]);
    let sound = signed();
    let authority = authorities();
    show(&authority, &chain, |_| None);
    assert_eq!(judged(&authority, &sound, &|url| served(&log(ALBERTA), url)), Ok(()));
    assert_eq!(size(&authority), Some(2), "the checkpoint of the purpose is remembered");
    let kept = authority.remembered_logs();

    // The purpose stands in another history, for this person alone.
    rewrite(1);
    let forked = signed();
    assert_eq!(
        judged(&authority, &forked, &|url| served(&log(ALBERTA), url)),
        REFUSED,
        "two roots at one size"
    );
    assert_eq!(judged(&authority, &sound, &|_| None), Ok(()), "the twin: what was said before");
    let next_day = authorities();
    next_day.restore_logs(&kept);
    next_day.take_chain(DID, &chain, soon());
    assert_eq!(judged(&next_day, &forked, &|_| None), REFUSED);
    assert_eq!(judged(&next_day, &sound, &|_| None), REFUSED, "the chain has to show that it fits, too");
    let next_day = authorities();
    next_day.restore_logs(&kept);
    next_day.take_chain(DID, &chain, soon());
    assert_eq!(judged(&next_day, &sound, &|_| None), Ok(()), "the twin: nothing else was shown");
}

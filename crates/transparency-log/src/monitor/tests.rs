use super::*;
use crate::{
    Checkpoint,
    testing::{ORIGIN, TestLog},
};

/// One look at what a log serves, with the state kept and restored before it.
fn look(monitor: &Monitor, log: &TestLog) -> Result<(Monitor, Vec<SeenEntry>), MonitorError> {
    let monitor = Monitor::restored(monitor.to_json().as_bytes())?;
    let mut look = monitor.look(log.checkpoint().note().as_bytes())?;
    while let Some(bundle) = look.next_bundle() {
        look.take(&log.file(bundle))?;
    }
    look.finish()
}

fn broken(answer: Result<(Monitor, Vec<SeenEntry>), MonitorError>) -> (Broken, Box<crate::Evidence>) {
    match answer {
        Err(MonitorError::Misbehaviour(Misbehaviour { broken, evidence })) => (broken, evidence),
        other => panic!("the log was not caught: {other:?}"),
    }
}

#[test]
fn an_honest_log_is_followed_from_its_first_entry() {
    let mut monitor = Monitor::new(TestLog::of_size(0).vkey());
    let mut total = 0;
    for size in [0, 1, 1, 5, 255, 256, 300, 600] {
        let (after, new) = look(&monitor, &TestLog::of_size(size)).unwrap();
        assert_eq!(new.len(), size - total);
        assert!(new.iter().zip(total as u64..).all(|(entry, index)| entry.index == index));
        assert!(new.iter().all(|seen| seen.bytes == format!("entry {}", seen.index).into_bytes()));
        assert_eq!(after.size(), size as u64);
        (monitor, total) = (after, size);
    }
}

#[test]
fn a_log_that_forks_shrinks_or_rewrites_is_caught_with_evidence() {
    let log = TestLog::of_size(300);
    let (monitor, _) = look(&Monitor::new(log.vkey()), &log).unwrap();
    let hostile = |size, place: usize| {
        let mut hostile = TestLog::of_size(size);
        hostile.entries[place] = b"another event".to_vec();
        hostile
    };
    assert!(look(&monitor, &TestLog::of_size(301)).is_ok());

    let (what, evidence) = broken(look(&monitor, &hostile(300, 17)));
    assert_eq!((what, evidence.proves_a_fork(&log.vkey())), (Broken::Fork, Ok(true)));
    assert_eq!(evidence.known, log.checkpoint().note());

    let (what, evidence) = broken(look(&monitor, &TestLog::of_size(299)));
    assert_eq!((what, evidence.proves_a_fork(&log.vkey())), (Broken::Shrink, Ok(false)));
    assert_eq!(broken(look(&monitor, &TestLog::of_size(0))).0, Broken::Shrink);

    // Rewritten before what was seen, and grown.
    assert_eq!(broken(look(&monitor, &hostile(301, 17))).0, Broken::Rewrite);
    assert_eq!(broken(look(&monitor, &hostile(301, 299))).0, Broken::Rewrite);
}

#[test]
fn a_log_that_serves_other_entries_than_it_signs_is_caught() {
    let log = TestLog::of_size(10);
    let monitor = Monitor::new(log.vkey());
    let note = log.checkpoint().note().to_owned();
    assert!(monitor.observe(note.as_bytes(), log.entries.clone()).is_ok());
    let mut other = log.entries.clone();
    other[3] = b"another event".to_vec();
    assert!(matches!(monitor.observe(note.as_bytes(), other), Err(MonitorError::Bundle(_))));
    let fewer = log.entries[1..].to_vec();
    assert!(matches!(monitor.observe(note.as_bytes(), fewer), Err(MonitorError::Bundle(_))));
    assert!(matches!(monitor.look(b"not a note"), Err(MonitorError::Checkpoint(_))));
}

#[test]
fn a_size_that_nobody_can_hold_costs_one_request_at_a_time() {
    let log = TestLog::of_size(1);
    let huge = Checkpoint::new(ORIGIN, u64::MAX, TreeHash([1; 32])).sign(&log.signer()).unwrap();
    let monitor = Monitor::new(log.vkey());
    let look = monitor.look(huge.note().as_bytes()).unwrap();
    assert_eq!(look.next_bundle().unwrap().to_string(), "tile/entries/000");
    assert!(matches!(look.finish(), Err(MonitorError::Bundle(_))));
}

#[test]
fn a_state_that_was_changed_is_refused() {
    let log = TestLog::of_size(3);
    let (monitor, _) = look(&Monitor::new(log.vkey()), &log).unwrap();
    let json = monitor.to_json();
    assert!(Monitor::restored(json.as_bytes()).is_ok());
    let other = TreeHash([1; 32]).to_base64();
    let peak = monitor.frontier.peaks()[0].to_base64();
    for damaged in [
        json.replace(&peak, &other),
        json.replace(&format!("\"{peak}\","), ""),
        json.replace("\\n3\\n", "\\n2\\n"),
        json.replace("frontier", "front"),
        "{}".to_owned(),
        String::new(),
    ] {
        assert_ne!(damaged, json);
        assert!(Monitor::restored(damaged.as_bytes()).is_err(), "{damaged}");
    }
}

//! Asking several authorities at once, and not asking again for a while about what none of them knew.
//!
//! Anybody may put a question, and each may cost as many questions as there are authorities below and beside: this is what bounds them (T-08).

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use portage_authority::Registration;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

/// Most authorities that are asked at one time about one subject.
pub(super) const AT_ONCE: usize = 8;
/// How long one question may take, whoever is asked.
pub(super) const BOUND: Duration = Duration::from_secs(10);
/// How long nobody is asked again about a subject that nobody knew.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Most subjects that are remembered.
const MOST: usize = 1_024;

/// The first answer among those of `questions`, of which `at_once` run at one time. `None` when none of them has one, or not within `bound`:
/// what still runs then is given up.
///
/// # Errors
/// The first failure of ours: a question that was not answered is none.
pub(super) async fn first_answer<T, E, Q>(
    questions: impl IntoIterator<Item = Q>,
    at_once: usize,
    bound: Duration,
) -> Result<Option<T>, E>
where
    T: Send + 'static,
    E: Send + 'static,
    Q: Future<Output = Result<Option<T>, E>> + Send + 'static,
{
    let mut questions = questions.into_iter().fuse();
    let asking = async move {
        let mut open = JoinSet::new();
        loop {
            while open.len() < at_once
                && let Some(question) = questions.next()
            {
                open.spawn(question);
            }
            match open.join_next().await {
                None => return Ok(None),
                Some(Ok(Ok(None)) | Err(_)) => {}
                Some(Ok(answer)) => return answer,
            }
        }
    };
    tokio::time::timeout(bound, asking).await.unwrap_or(Ok(None))
}

/// Most questions that are out at one time, whoever put the questions that they serve.
const WAYS_OUT: usize = 16;

/// The questions that are out.
#[derive(Debug)]
pub(crate) struct WaysOut(Semaphore);

impl Default for WaysOut {
    fn default() -> Self {
        WaysOut(Semaphore::new(WAYS_OUT))
    }
}

impl WaysOut {
    /// Goes out when there is room.
    pub(super) async fn go<T>(&self, question: impl Future<Output = T>) -> T {
        // Never closed: without a permit nothing goes out.
        let _permit = self.0.acquire().await;
        question.await
    }
}

/// A question that nobody could answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// About whom.
    pub(super) subject: String,
    /// How many levels further down were asked, when an authority asked.
    pub(super) below: Option<u8>,
    /// Who was asked: with somebody new among them, it is another question.
    pub(super) asked: Vec<String>,
}

impl Question {
    /// The question about `subject` to these.
    pub(super) fn new(subject: &str, below: Option<u8>, asked: &[Registration]) -> Self {
        let asked = asked.iter().map(|registration| registration.id.to_string()).collect();
        Question { subject: subject.to_owned(), below, asked }
    }
}

/// The questions of the last minute that nobody could answer: a stranger who puts one again and again moves nobody but this authority.
#[derive(Debug, Default)]
pub(crate) struct Misses(Mutex<HashMap<Question, Instant>>);

impl Misses {
    /// Whether nobody knew a moment ago.
    pub(super) fn knows(&self, question: &Question, now: Instant) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(question).is_some_and(|until| now < *until)
    }

    /// Nobody knew. When there is no room, what is remembered already stays.
    pub(super) fn note(&self, question: Question, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, until| now < *until);
        }
        if known.len() < MOST {
            known.insert(question, now + REMEMBERED);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    type Answer = Result<Option<usize>, &'static str>;

    /// What those who are asked do together.
    #[derive(Default)]
    struct Peers {
        open: AtomicUsize,
        most: AtomicUsize,
        asked: AtomicUsize,
    }

    impl Peers {
        async fn answer(self: Arc<Self>, answer: Answer) -> Answer {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(open, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.open.fetch_sub(1, Ordering::SeqCst);
            answer
        }
    }

    #[tokio::test]
    async fn t08_so_many_are_asked_at_once_and_no_more() {
        let peers = Arc::new(Peers::default());
        let questions = (0..64).map(|_| peers.clone().answer(Ok(None)));
        assert_eq!(first_answer(questions, AT_ONCE, BOUND).await, Ok(None));
        let seen = [&peers.asked, &peers.most].map(|count| count.load(Ordering::SeqCst));
        assert_eq!(seen, [64, AT_ONCE]);
    }

    #[tokio::test]
    async fn t08_questions_of_many_strangers_share_the_ways_out() {
        let most_of = async |strangers: usize| {
            let (peers, ways) = (Arc::new(Peers::default()), Arc::new(WaysOut::default()));
            let mut all = JoinSet::new();
            for _ in 0..strangers {
                let questions = (0..8).map({
                    let (peers, ways) = (peers.clone(), ways.clone());
                    move |_| {
                        let (peers, ways) = (peers.clone(), ways.clone());
                        async move { ways.go(peers.answer(Ok(None))).await }
                    }
                });
                all.spawn(first_answer(questions, AT_ONCE, BOUND));
            }
            let answers = all.join_all().await;
            assert!(answers.iter().all(|answer| *answer == Ok(None)));
            assert_eq!(peers.asked.load(Ordering::SeqCst), strangers * 8, "each is put in its turn");
            peers.most.load(Ordering::SeqCst)
        };
        assert_eq!(most_of(1).await, AT_ONCE);
        assert_eq!(most_of(20).await, WAYS_OUT);
    }

    #[tokio::test]
    async fn one_that_does_not_answer_holds_up_no_other_and_the_first_answer_ends_it() {
        let silent = Arc::new(Semaphore::new(0));
        let questions = (0..64).map(|place| {
            let silent = silent.clone();
            async move {
                if place < AT_ONCE - 1 {
                    let _never = silent.acquire().await;
                }
                Ok::<_, &str>((place == 40).then_some(place))
            }
        });
        assert_eq!(first_answer(questions, AT_ONCE, BOUND).await, Ok(Some(40)));
    }

    #[tokio::test]
    async fn t08_when_nobody_answers_in_time_there_is_no_answer() {
        let never = || std::future::pending::<Answer>();
        assert_eq!(first_answer([never(), never()], AT_ONCE, Duration::ZERO).await, Ok(None));
    }

    #[tokio::test]
    async fn a_failure_of_ours_is_told() {
        let questions = [Ok(None), Err("the store"), Ok(None)].map(std::future::ready);
        assert_eq!(first_answer::<usize, _, _>(questions, 1, BOUND).await, Err("the store"));
    }

    #[test]
    fn t08_what_nobody_knew_is_not_asked_again_for_a_minute() {
        let question = |subject: &str, asked: &[&str]| Question {
            subject: subject.to_owned(),
            below: None,
            asked: asked.iter().map(|id| (*id).to_owned()).collect(),
        };
        let (misses, now) = (Misses::default(), Instant::now());
        let stranger = question("https://stranger.example", &["https://bc.example"]);
        assert!(!misses.knows(&stranger, now));
        misses.note(stranger.clone(), now);
        assert!(misses.knows(&stranger, now + Duration::from_secs(59)));
        assert!(!misses.knows(&stranger, now + REMEMBERED), "the twin: a minute later");
        let other = question("https://stranger.example", &["https://bc.example", "https://ab.example"]);
        assert!(!misses.knows(&other, now), "the twin: somebody new may know");

        // However many are made up, they take no more room, and the room is free again a minute later.
        for place in 0..2 * MOST {
            misses.note(question(&format!("https://s{place}.example"), &[]), now);
        }
        assert_eq!(misses.0.lock().unwrap().len(), MOST);
        assert!(misses.knows(&stranger, now));
        let later = now + REMEMBERED;
        misses.note(stranger.clone(), later);
        assert!(misses.knows(&stranger, later) && misses.0.lock().unwrap().len() == 1);
    }
}

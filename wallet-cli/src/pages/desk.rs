//! What the pages of one `wallet open` share.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portage_catalog::{Catalog, Language};
use portage_keys::Entropy;
use portage_web::page::{SessionCookie, Sessions, Words};
use tokio::sync::Mutex as AsyncMutex;

use super::{flow::Flows, guesses::Guesses, opening::OpeningLink};
use crate::{Surroundings, open_wallet::Session};

/// After how long without a request the wallet is locked.
pub(crate) const IDLE: Duration = Duration::from_secs(600);
/// After how long without a request a new opening link is needed.
const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(12);
/// Time for an answer: an issuer may take its time.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(60);

/// One open front door: sessions, the unlocked wallet, wrong guesses.
pub(crate) struct Desk {
    pub(crate) surroundings: Surroundings,
    /// The wallet's file.
    pub(crate) file: PathBuf,
    pub(crate) sessions: Sessions<()>,
    pub(crate) opening: OpeningLink,
    /// One guess at a time.
    pub(crate) guesses: AsyncMutex<Guesses>,
    /// A link given with the command, until the wallet is unlocked.
    pub(crate) arriving: Mutex<Option<String>>,
    zone: TimeZone,
    lock: Mutex<Lock>,
}

/// The wallet behind its lock.
#[derive(Default)]
struct Lock {
    inside: Option<Arc<Unlocked>>,
    /// When somebody asked for something last, on the clock that only runs forward.
    last_use: Duration,
    /// Whether it was locked because nobody was there.
    timed_out: bool,
}

/// An unlocked wallet, and what was begun in it.
pub(crate) struct Unlocked {
    pub(crate) session: Session,
    pub(crate) flows: Flows,
}

impl Desk {
    /// For the wallet at `file`, served at `port`; `link` is looked at first.
    pub(crate) fn new(
        surroundings: Surroundings,
        file: PathBuf,
        port: u16,
        opening: OpeningLink,
        link: Option<String>,
    ) -> Self {
        // Cookies do not tell ports apart: another wallet's, or another program's, must not take this one's place.
        let cookie = SessionCookie { name: format!("portage-wallet-{port}"), path: "/", secure: false };
        Desk {
            guesses: AsyncMutex::new(Guesses::beside(&file, (surroundings.since_start)())),
            sessions: Sessions::new(cookie, SESSION_IDLE),
            zone: surroundings.zone.clone(),
            surroundings,
            file,
            opening,
            arriving: Mutex::new(link),
            lock: Mutex::default(),
        }
    }

    /// The words of a language, with this machine's time zone.
    pub(crate) fn words(&self, language: Language) -> Words {
        Words::new(language).in_zone(self.zone.clone())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.surroundings.entropy.as_ref()
    }

    /// Time since the program started, whatever anybody does to the clock.
    pub(crate) fn since_start(&self) -> Duration {
        (self.surroundings.since_start)()
    }

    /// The types whose cards may be drawn: those of the box, and when it is unlocked those of the wallet.
    pub(crate) fn catalog(&self) -> Catalog {
        let unlocked = self.locked().inside.as_ref().map(|inside| inside.session.catalog.clone());
        unlocked.unwrap_or_else(Catalog::bundled)
    }

    /// The unlocked wallet; asking keeps it unlocked. `None` when it is locked, which it is once nobody asked for [`IDLE`].
    pub(crate) fn inside(&self) -> Option<Arc<Unlocked>> {
        self.lock_if_idle();
        let now = self.since_start();
        let mut lock = self.locked();
        lock.last_use = now;
        lock.inside.clone()
    }

    /// Whether the wallet is unlocked; asking does not keep it so.
    pub(crate) fn is_unlocked(&self) -> bool {
        self.lock_if_idle();
        self.locked().inside.is_some()
    }

    /// Whether the wallet was locked because nobody was there.
    pub(crate) fn timed_out(&self) -> bool {
        self.locked().timed_out
    }

    /// Takes the unlocked wallet in.
    pub(crate) fn let_in(&self, session: Session) -> Arc<Unlocked> {
        let inside = Arc::new(Unlocked { session, flows: Flows::default() });
        let now = self.since_start();
        *self.locked() = Lock { inside: Some(inside.clone()), last_use: now, timed_out: false };
        inside
    }

    /// Locks the wallet: what was begun is forgotten, the file is free for other programs.
    pub(crate) fn lock(&self) {
        *self.locked() = Lock::default();
    }

    /// Locks the wallet if nobody was there for a while.
    pub(crate) fn lock_if_idle(&self) {
        let now = self.since_start();
        let mut lock = self.locked();
        if lock.inside.is_some() && now.saturating_sub(lock.last_use) >= IDLE {
            *lock = Lock { timed_out: true, ..Lock::default() };
        }
    }

    fn locked(&self) -> MutexGuard<'_, Lock> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

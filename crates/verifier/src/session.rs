use jiff::{SignedDuration, Timestamp};
use portage_catalog::PurposeId;

use crate::{KeyedHash, Verdict};

/// How long a wallet has to answer.
pub(crate) const SESSION_TIME: SignedDuration = SignedDuration::from_secs(300);
/// How long a claimed answer may be under verification; after that its session is over.
pub(crate) const CLAIM_TIME: SignedDuration = SignedDuration::from_secs(60);
/// How long a session is kept after its end, and a result that nobody fetched.
pub(crate) const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24);
/// How long a fetched result is kept where the purpose keeps nothing: so that a lost answer can be asked for again.
pub(crate) const KEPT_AFTER_FETCH: SignedDuration = SignedDuration::from_mins(10);

/// Where the wallet runs, seen from the relying party's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// On the same device: the person comes back with a response code, and the result needs it.
    Same,
    /// On another device.
    Cross,
}

/// Who asked at a counter: a name of the service's own staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedBy(pub String);

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    /// Waits for an answer.
    Requested(Requested),
    /// An answer is under verification.
    Received(Received),
    /// The verdict is in.
    Decided(Decided),
    /// Nobody answered in time, or the verification did not end.
    Expired(Expired),
}

/// Waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// What for.
    pub purpose: PurposeId,
    /// Same device or another.
    pub device: Device,
    /// Who asked, at a counter.
    pub asked_by: Option<AskedBy>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when an answer counts.
    pub expires_at: Timestamp,
}

/// An answer is under verification. Whoever holds the [`Claim`] writes the verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// What for.
    pub purpose: PurposeId,
    /// Same device or another.
    pub device: Device,
    /// Who asked, at a counter.
    pub asked_by: Option<AskedBy>,
    /// Which answer won.
    pub claim: Claim,
    /// Until when the verdict must be in.
    pub deadline: Timestamp,
}

/// The verdict is in: terminal, never overwritten.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// What for.
    pub purpose: PurposeId,
    /// Same device or another.
    pub device: Device,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// On the same device: what the person's browser brings back, hashed.
    pub response_code: Option<KeyedHash>,
    /// Until when the purpose keeps the answer.
    pub kept_until: Timestamp,
    /// When the result is deleted.
    pub delete_at: Timestamp,
}

/// Over without a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Expired {
    /// What for.
    pub purpose: PurposeId,
    /// Same device or another.
    pub device: Device,
    /// When it is deleted.
    pub delete_at: Timestamp,
}

/// The name of one answer under verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim(pub String);

impl Session {
    /// The session as it stands at `now`: what is over is [`Expired`], whether or not a job has written that down yet.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self {
            Session::Requested(requested) if requested.expires_at <= now => {
                Session::Expired(requested.expire())
            }
            Session::Received(received) if received.deadline <= now => Session::Expired(received.expire()),
            other => other,
        }
    }

    /// `requested`, `received`, `decided`, `expired`.
    pub const fn name(&self) -> &'static str {
        match self {
            Session::Requested(_) => "requested",
            Session::Received(_) => "received",
            Session::Decided(_) => "decided",
            Session::Expired(_) => "expired",
        }
    }

    /// Same device or another.
    pub const fn device(&self) -> Device {
        match self {
            Session::Requested(Requested { device, .. })
            | Session::Received(Received { device, .. })
            | Session::Decided(Decided { device, .. })
            | Session::Expired(Expired { device, .. }) => *device,
        }
    }
}

impl Requested {
    /// A new session.
    pub fn new(purpose: PurposeId, device: Device, now: Timestamp) -> Self {
        Requested { purpose, device, asked_by: None, created_at: now, expires_at: later(now, SESSION_TIME) }
    }

    /// The same, asked by somebody at a counter.
    #[must_use]
    pub fn asked_by(mut self, asked_by: Option<AskedBy>) -> Self {
        self.asked_by = asked_by;
        self
    }

    /// An answer came and won.
    pub fn receive(self, claim: Claim, now: Timestamp) -> Received {
        let Requested { purpose, device, asked_by, .. } = self;
        Received { purpose, device, asked_by, claim, deadline: later(now, CLAIM_TIME) }
    }

    /// Nobody answered.
    pub fn expire(self) -> Expired {
        let Requested { purpose, device, expires_at, .. } = self;
        Expired { purpose, device, delete_at: later(expires_at, KEPT_AFTER_END) }
    }
}

impl Received {
    /// The verification ended. `retention_days` is the purpose's.
    pub fn decide(
        self,
        verdict: Verdict,
        response_code: Option<KeyedHash>,
        retention_days: u32,
        now: Timestamp,
    ) -> Decided {
        let Received { purpose, device, .. } = self;
        let kept_until = later(now, SignedDuration::from_hours(24 * i64::from(retention_days)));
        let delete_at = kept_until.max(later(now, KEPT_AFTER_END));
        Decided { purpose, device, decided_at: now, verdict, response_code, kept_until, delete_at }
    }

    /// The verification did not end.
    pub fn expire(self) -> Expired {
        let Received { purpose, device, deadline, .. } = self;
        Expired { purpose, device, delete_at: later(deadline, KEPT_AFTER_END) }
    }
}

impl Decided {
    /// When the result is deleted if it is fetched at `now`: at the end of the purpose's retention, but not before a lost answer could be
    /// asked for again.
    pub fn delete_at_if_fetched(&self, now: Timestamp) -> Timestamp {
        self.kept_until.max(later(now, KEPT_AFTER_FETCH)).min(self.delete_at)
    }
}

/// `at` + `by`, at most the end of time.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested() -> Requested {
        Requested::new(PurposeId("p".into()), Device::Cross, Timestamp::UNIX_EPOCH)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_session_is_over_after_300_seconds_and_a_claim_after_60() {
        let session = Session::Requested(requested());
        assert_eq!(session.clone().at(at(299)).name(), "requested");
        assert_eq!(session.at(at(300)).name(), "expired");
        let received = Session::Received(requested().receive(Claim("c".into()), at(10)));
        assert_eq!(received.clone().at(at(69)).name(), "received");
        assert_eq!(received.at(at(70)).name(), "expired");
    }

    #[test]
    fn a_result_is_kept_as_long_as_its_purpose_says_and_no_longer() {
        let decided = |days| {
            requested().receive(Claim("c".into()), at(0)).decide(
                Verdict::rejected_for_tests(),
                None,
                days,
                at(0),
            )
        };
        const DAY: i64 = 24 * 3600;
        assert_eq!(decided(0).delete_at, at(DAY));
        assert_eq!(decided(0).delete_at_if_fetched(at(100)), at(700));
        assert_eq!(decided(0).delete_at_if_fetched(at(DAY - 1)), at(DAY));
        assert_eq!(decided(30).delete_at, at(30 * DAY));
        assert_eq!(decided(30).delete_at_if_fetched(at(100)), at(30 * DAY));
    }
}

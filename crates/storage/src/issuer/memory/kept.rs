//! What is kept, and how it changes: the same rules as the statements of `sqlite`, over maps.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use portage_issuer::{
    Changed, Code, Entry, Forgotten, Grant, Inserted, Issued, Issuing, KeyedHash, ListKind, ListState,
    MAX_OPEN_CODES, MAX_TX_CODE_TRIES, NoticeChange, Notices, Offer, OfferTerms, Opened, PublishedList,
    Redeemed, Redemption, Reference, StandingOffer, Status, StatusChange, StatusEntry, Told,
};

#[derive(Default)]
pub(super) struct Kept {
    issuances: BTreeMap<Reference, Issuance>,
    pub(super) codes: BTreeMap<KeyedHash, KeptCode>,
    tokens: BTreeMap<KeyedHash, Token>,
    nonces: BTreeMap<KeyedHash, Timestamp>,
    pub(super) lists: BTreeMap<u32, List>,
    pub(super) published: BTreeMap<(u32, ListKind), PublishedList>,
}

/// What stays of an offer, and how far it came.
struct Issuance {
    offer: Offer,
    state: State,
    /// Whether claims, key and content went.
    forgotten: bool,
}

enum State {
    Offered {
        tries: u32,
    },
    Redeemed {
        over_at: Timestamp,
    },
    Issued {
        over_at: Timestamp,
        holder: Option<KeyedHash>,
        place: StatusEntry,
        day: Date,
        status: Status,
        notices: Notices,
    },
    /// Too many guesses.
    Ended {
        over_at: Timestamp,
    },
    Withdrawn,
}

pub(super) struct KeptCode {
    pub(super) reference: Reference,
    until: Timestamp,
    used: bool,
}

struct Token {
    reference: Reference,
    code: KeyedHash,
    until: Timestamp,
}

pub(super) struct List {
    taken: u32,
    pub(super) version: u64,
}

const AFTER_END: SignedDuration = SignedDuration::from_hours(24);
const NONCE_AFTER_END: SignedDuration = SignedDuration::from_secs(300);

impl Kept {
    pub(super) fn insert_offer(&mut self, offer: Offer, now: Timestamp) -> Inserted {
        let inserted = self.try_offer(&offer, now);
        match inserted {
            Inserted::Existing { .. } | Inserted::OtherContent => return inserted,
            Inserted::Renewed => self.delete(&offer.reference),
            Inserted::New => {}
        }
        if let Some(code) = offer.code {
            self.add_code(offer.reference.clone(), code);
        }
        let issuance = Issuance { state: State::Offered { tries: 0 }, forgotten: false, offer };
        self.issuances.insert(issuance.offer.reference.clone(), issuance);
        inserted
    }

    /// What would come of the offer.
    pub(super) fn try_offer(&self, offer: &Offer, now: Timestamp) -> Inserted {
        let Some(standing) = self.issuances.get(&offer.reference) else { return Inserted::New };
        let is_same = standing.forgotten || standing.offer.content == offer.content;
        let (is_taken, is_waiting) = match standing.state {
            State::Withdrawn if offer.standing == StandingOffer::Keep => return standing.existing(now),
            State::Withdrawn => (false, false),
            State::Issued { .. } => (true, false),
            State::Redeemed { over_at } => (over_at > now, false),
            State::Offered { .. } => (false, standing.offer.open_until > now),
            State::Ended { .. } => (false, false),
        };
        let is_kept = is_waiting && offer.standing == StandingOffer::Keep;
        if is_same && (is_taken || is_kept) {
            return standing.existing(now);
        }
        if is_taken { Inserted::OtherContent } else { Inserted::Renewed }
    }

    fn add_code(&mut self, reference: Reference, code: Code) {
        self.codes.insert(code.hash, KeptCode { reference, until: code.until, used: false });
    }

    fn delete(&mut self, reference: &Reference) {
        self.issuances.remove(reference);
        self.codes.retain(|_, code| code.reference != *reference);
        self.tokens.retain(|_, token| token.reference != *reference);
    }

    pub(super) fn open_offer(&mut self, link: KeyedHash, code: Code, now: Timestamp) -> Opened {
        let Some(issuance) = self.issuances.values().find(|issuance| issuance.offer.link == Some(link))
        else {
            return Opened::Absent;
        };
        if !issuance.is_open(now) {
            return Opened::Ended;
        }
        let terms = OfferTerms {
            credential_type: issuance.offer.credential_type.clone(),
            format: issuance.offer.format,
            tx_code: issuance.offer.tx_code.is_some(),
        };
        let reference = issuance.offer.reference.clone();
        let mut open: Vec<_> = self
            .codes
            .iter()
            .filter(|(_, code)| code.reference == reference)
            .map(|(hash, code)| (code.until, *hash))
            .collect();
        open.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        for (_, hash) in open.iter().skip(MAX_OPEN_CODES as usize - 1) {
            self.codes.remove(hash);
        }
        self.add_code(reference, code);
        Opened::Open(terms)
    }

    /// Whether the value was not used before; now it is.
    fn consume_nonce(&mut self, nonce: KeyedHash, until: Timestamp) -> bool {
        let is_new = !self.nonces.contains_key(&nonce);
        if is_new {
            self.nonces.insert(nonce, until);
        }
        is_new
    }

    pub(super) fn redeem(&mut self, redemption: &Redemption) -> Redeemed {
        if let Some(assertion) = redemption.client_assertion
            && !self.consume_nonce(assertion.jti, assertion.until)
        {
            return Redeemed::AssertionUsed;
        }
        let Some(code) = self.codes.get_mut(&redemption.code) else { return Redeemed::Refused };
        if code.used {
            self.tokens.retain(|_, token| token.code != redemption.code);
            return Redeemed::Refused;
        }
        let Some(issuance) = self.issuances.get_mut(&code.reference) else { return Redeemed::Refused };
        if !issuance.is_open(redemption.now) || code.until <= redemption.now {
            return Redeemed::Refused;
        }
        match (issuance.offer.tx_code, redemption.tx_code) {
            (Some(_), None) => return Redeemed::TxCodeMissing,
            (None, Some(_)) => return Redeemed::TxCodeUnexpected,
            (Some(expected), Some(given)) if !issuance.test_tx_code(expected == given, redemption.now) => {
                return Redeemed::Refused;
            }
            _ => {}
        }
        code.used = true;
        issuance.state = State::Redeemed { over_at: redemption.token_until };
        let token =
            Token { reference: code.reference.clone(), code: redemption.code, until: redemption.token_until };
        self.tokens.insert(redemption.token, token);
        Redeemed::Token
    }

    pub(super) fn grant(&self, token: KeyedHash, now: Timestamp) -> Option<Grant> {
        let token = self.tokens.get(&token).filter(|token| token.until > now)?;
        let issuance = self.issuances.get(&token.reference).filter(|issuance| !issuance.forgotten)?;
        matches!(issuance.state, State::Redeemed { .. } | State::Issued { .. }).then(|| Grant {
            reference: token.reference.clone(),
            credential_type: issuance.offer.credential_type.clone(),
            format: issuance.offer.format,
        })
    }

    pub(super) fn issue(&mut self, issuing: &Issuing) -> Issued {
        if !self.consume_nonce(issuing.nonce, issuing.nonce_until) {
            return Issued::NonceUsed;
        }
        let Some(grant) = self.grant(issuing.token, issuing.now) else { return Issued::TokenGone };
        let unbound = self.issuances.get(&grant.reference).is_some_and(Issuance::is_redeemed);
        let place = if unbound { self.free_place(issuing) } else { None };
        let Some(issuance) = self.issuances.get_mut(&grant.reference) else { return Issued::TokenGone };
        if let State::Redeemed { over_at } = issuance.state {
            let Some(place) = place else { return Issued::NoPlace };
            issuance.state = State::Issued {
                over_at,
                holder: Some(issuing.holder),
                place,
                day: issuing.day,
                status: Status::Valid,
                notices: Notices::default(),
            };
            if let Some(list) = self.lists.get_mut(&place.list) {
                list.taken += 1;
            }
        }
        match &issuance.state {
            State::Issued { holder, place, day, .. } if *holder == Some(issuing.holder) => {
                Issued::Entry(issuance.entry(*place, *day))
            }
            _ => Issued::OtherKey,
        }
    }

    fn free_place(&mut self, issuing: &Issuing) -> Option<StatusEntry> {
        let open = self.lists.iter().rev().find(|(_, list)| list.taken < issuing.list_capacity);
        let list = match open {
            Some((number, _)) => *number,
            None => {
                let number = self.lists.keys().next_back().map_or(1, |last| last + 1);
                self.lists.insert(number, List { taken: 0, version: 1 });
                number
            }
        };
        let is_taken = |entry: &StatusEntry| {
            self.issuances
                .values()
                .any(|issuance| matches!(&issuance.state, State::Issued { place, .. } if place == entry))
        };
        issuing.indices.iter().map(|index| StatusEntry { list, index: *index }).find(|entry| !is_taken(entry))
    }

    pub(super) fn change_status(&mut self, reference: &Reference, change: StatusChange) -> Changed {
        let wanted = change.leads_to();
        let Some(issuance) = self.issuances.get_mut(reference) else { return Changed::Absent };
        match &mut issuance.state {
            State::Issued { status, .. } if *status == wanted => Changed::Unchanged(wanted),
            State::Issued { status: Status::Revoked, .. } => Changed::RevokedForEver,
            State::Issued { status, place, .. } => {
                *status = wanted;
                if let Some(list) = self.lists.get_mut(&place.list) {
                    list.version += 1;
                }
                Changed::Done(wanted)
            }
            State::Withdrawn if wanted == Status::Revoked => Changed::Unchanged(wanted),
            State::Withdrawn => Changed::RevokedForEver,
            _ if change == StatusChange::Revoke => {
                issuance.state = State::Withdrawn;
                issuance.forgotten = true;
                self.codes.retain(|_, code| code.reference != *reference);
                self.tokens.retain(|_, token| token.reference != *reference);
                Changed::Withdrawn
            }
            _ => Changed::NotIssued,
        }
    }

    pub(super) fn change_notice(&mut self, reference: &Reference, change: NoticeChange) -> Told {
        let Some(issuance) = self.issuances.get_mut(reference) else { return Told::Nobody };
        let State::Issued { notices, place, .. } = &mut issuance.state else { return Told::NotIssued };
        let after = notices.after(change);
        if after != *notices
            && let Some(list) = self.lists.get_mut(&place.list)
        {
            list.version += 1;
        }
        *notices = after;
        Told::Done(after)
    }

    pub(super) fn list(&self, number: u32) -> Option<ListState> {
        let version = self.lists.get(&number)?.version;
        let mut entries: Vec<_> = self
            .issuances
            .values()
            .filter_map(|issuance| match issuance.state {
                State::Issued { place, status, .. } if place.list == number && status != Status::Valid => {
                    Some((place.index, status))
                }
                _ => None,
            })
            .collect();
        entries.sort_unstable_by_key(|(index, _)| *index);
        let told = self.issuances.values().filter_map(|issuance| match issuance.state {
            State::Issued { place, notices, .. } if place.list == number && notices != Notices::default() => {
                Some((place.index, notices))
            }
            _ => None,
        });
        let mut notices: Vec<_> = told.collect();
        notices.sort_unstable_by_key(|(index, _)| *index);
        Some(ListState { version, entries, notices })
    }

    pub(super) fn forget(&mut self, now: Timestamp) -> Forgotten {
        let before = |age: SignedDuration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let mut forgotten = Forgotten::default();
        for issuance in self.issuances.values_mut() {
            if let State::Issued { over_at, holder, .. } = &mut issuance.state
                && *over_at <= now
                && !issuance.forgotten
            {
                *holder = None;
                issuance.offer.claims.clear();
                issuance.forgotten = true;
                forgotten.delivered += 1;
            }
        }
        let over: Vec<_> = self
            .issuances
            .values()
            .filter(|issuance| issuance.undelivered_end().is_some_and(|end| end <= before(AFTER_END)))
            .map(|issuance| issuance.offer.reference.clone())
            .collect();
        for reference in &over {
            self.delete(reference);
        }
        forgotten.undelivered = over.len();
        let count = |kept: &Kept| kept.codes.len() + kept.tokens.len() + kept.nonces.len();
        let had = count(self);
        self.codes.retain(|_, code| code.until > before(AFTER_END));
        self.tokens.retain(|_, token| token.until > now);
        self.nonces.retain(|_, until| *until > before(NONCE_AFTER_END));
        forgotten.one_time_values = had - count(self);
        forgotten
    }
}

impl Issuance {
    fn existing(&self, now: Timestamp) -> Inserted {
        Inserted::Existing {
            salt: self.offer.salt.clone(),
            delivery: self.offer.delivery(),
            tx_code: self.offer.tx_code.is_some(),
            open_until: self.is_open(now).then_some(self.offer.open_until),
        }
    }

    fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Offered { .. }) && self.offer.open_until > now
    }

    fn is_redeemed(&self) -> bool {
        matches!(self.state, State::Redeemed { .. })
    }

    fn undelivered_end(&self) -> Option<Timestamp> {
        match self.state {
            State::Offered { .. } => Some(self.offer.open_until),
            State::Redeemed { over_at } | State::Ended { over_at } => Some(over_at),
            State::Issued { .. } | State::Withdrawn => None,
        }
    }

    /// Counts the guess before its result is told; the last wrong one ends the offer.
    fn test_tx_code(&mut self, is_right: bool, now: Timestamp) -> bool {
        let State::Offered { tries } = &mut self.state else { return false };
        if *tries >= MAX_TX_CODE_TRIES {
            return false;
        }
        *tries += 1;
        if !is_right && *tries >= MAX_TX_CODE_TRIES {
            self.state = State::Ended { over_at: now };
        }
        is_right
    }

    fn entry(&self, status: StatusEntry, day: Date) -> Entry {
        Entry {
            status,
            claims: self.offer.claims.clone(),
            day,
            valid_from: self.offer.valid_from,
            valid_until: self.offer.valid_until,
        }
    }
}

//! Who is there: a cookie in the browser, everything else here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use portage_keys::{
    Entropy,
    digest::{constant_time_eq, sha256},
};

use super::routes::cookie;

/// Most sessions at once: beyond it the one that was silent longest ends.
const MOST: usize = 10_000;

/// The sessions of one program, in its memory: they end when it does.
pub struct Sessions<S> {
    cookie: SessionCookie,
    /// After how long without a request a session ends.
    idle: SignedDuration,
    /// After how long it ends whatever happens.
    longest: SignedDuration,
    /// By the digest of the cookie's value.
    open: Mutex<HashMap<[u8; 32], Open<S>>>,
}

/// How the session's cookie is set.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    /// Its name. Cookies do not tell ports apart: a program on loopback has its port in the name.
    pub name: String,
    /// The path it is sent to.
    pub path: &'static str,
    /// Whether it goes over https alone.
    pub secure: bool,
}

struct Open<S> {
    token: Arc<str>,
    began: Timestamp,
    last: Timestamp,
    value: Arc<S>,
}

/// A request's session.
pub struct Session<S> {
    key: [u8; 32],
    token: Arc<str>,
    value: Arc<S>,
}

impl<S> Clone for Session<S> {
    fn clone(&self) -> Self {
        Session { key: self.key, token: self.token.clone(), value: self.value.clone() }
    }
}

impl<S> Session<S> {
    /// The anti-forgery token that its forms carry.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What the program knows of it.
    pub fn value(&self) -> &S {
        &self.value
    }

    /// Whether a form carries this session's token; compared in constant time.
    pub fn is_token(&self, token: &str) -> bool {
        constant_time_eq(self.token.as_bytes(), token.as_bytes())
    }
}

impl<S> Sessions<S> {
    /// No session yet.
    pub fn new(cookie: SessionCookie, idle: SignedDuration) -> Self {
        Sessions { cookie, idle, longest: SignedDuration::MAX, open: Mutex::default() }
    }

    /// With an end of each session that no request puts off.
    #[must_use]
    pub fn ending_after(mut self, longest: SignedDuration) -> Self {
        self.longest = longest;
        self
    }

    /// Begins a session: its value, and the `Set-Cookie` that makes it the browser's. Begin a new one at each sign-in, and [`Sessions::end`] the one before.
    pub fn begin(&self, value: S, now: Timestamp, entropy: &dyn Entropy) -> (Session<S>, HeaderValue) {
        // Twice 128 bits: one for the cookie, one for its forms.
        let secret = entropy.token();
        let token: Arc<str> = entropy.token().into();
        let key = sha256(secret.as_bytes());
        let value = Arc::new(value);
        let mut open = self.open();
        self.forget(&mut open, now);
        make_room(&mut open);
        open.insert(key, Open { token: token.clone(), began: now, last: now, value: value.clone() });
        let SessionCookie { name, path, secure } = &self.cookie;
        let secure = if *secure { "; Secure" } else { "" };
        let text = format!("{name}={secret}; Path={path}; HttpOnly; SameSite=Strict{secure}");
        // base64url and a name of ours: always a header.
        let cookie = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        (Session { key, token, value }, cookie)
    }

    /// The session of a request, if it is still open: the request keeps it open.
    pub fn of(&self, headers: &HeaderMap, now: Timestamp) -> Option<Session<S>> {
        let key = sha256(cookie(headers, &self.cookie.name)?.as_bytes());
        let mut open = self.open();
        self.forget(&mut open, now);
        let found = open.get_mut(&key)?;
        // A clock that was set back does not make a session younger.
        found.last = found.last.max(now);
        Some(Session { key, token: found.token.clone(), value: found.value.clone() })
    }

    /// Ends a session.
    pub fn end(&self, session: &Session<S>) {
        self.open().remove(&session.key);
    }

    /// Ends all of them.
    pub fn end_all(&self) {
        self.open().clear();
    }

    fn forget(&self, open: &mut HashMap<[u8; 32], Open<S>>, now: Timestamp) {
        open.retain(|_, session| {
            now.duration_since(session.last) <= self.idle && now.duration_since(session.began) <= self.longest
        });
    }

    fn open(&self) -> MutexGuard<'_, HashMap<[u8; 32], Open<S>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the sessions that were silent longest, until there is room for one more.
fn make_room<S>(open: &mut HashMap<[u8; 32], Open<S>>) {
    while open.len() >= MOST {
        let silent = open.iter().min_by_key(|(_, session)| session.last).map(|(key, _)| *key);
        let Some(key) = silent else { break };
        open.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::OsEntropy;

    use super::*;

    fn sessions() -> Sessions<&'static str> {
        let cookie = SessionCookie { name: "portage-test".to_owned(), path: "/", secure: true };
        Sessions::new(cookie, SignedDuration::from_mins(10))
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    fn with_cookie(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", value.parse().unwrap());
        headers
    }

    fn sent(set: &HeaderValue) -> HeaderMap {
        with_cookie(set.to_str().unwrap().split(';').next().unwrap())
    }

    #[test]
    fn u05_a_session_needs_its_cookie_and_ends_when_nobody_is_there() {
        let sessions = sessions();
        let (session, set) = sessions.begin("clerk", at(0), &OsEntropy);
        let text = set.to_str().unwrap();
        assert!(text.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{text}");
        assert!(!text.contains(session.token()), "the forms' token is no cookie");
        let headers = sent(&set);
        assert_eq!(sessions.of(&headers, at(9)).unwrap().value(), &"clerk");
        assert!(sessions.of(&headers, at(18)).is_some(), "each request keeps it open");
        assert!(sessions.of(&headers, at(29)).is_none());
        assert!(sessions.of(&headers, at(18)).is_none(), "and a clock set back does not open it again");
        for other in ["portage-test=", "portage-test=x", "other=1"] {
            assert!(sessions.of(&with_cookie(other), at(0)).is_none(), "{other}");
        }
    }

    #[test]
    fn u05_a_session_ends_in_the_end_though_somebody_is_there() {
        let sessions = sessions().ending_after(SignedDuration::from_mins(25));
        let (_, set) = sessions.begin("clerk", at(0), &OsEntropy);
        for minute in [9, 18, 25] {
            assert!(sessions.of(&sent(&set), at(minute)).is_some(), "{minute}");
        }
        assert!(sessions.of(&sent(&set), at(26)).is_none());
    }

    #[test]
    fn u05_only_a_sign_in_ends_the_session_that_was_silent_longest() {
        let sessions = sessions();
        let all: Vec<_> = (0..MOST).map(|_| sent(&sessions.begin("clerk", at(0), &OsEntropy).1)).collect();
        for headers in &all {
            assert!(sessions.of(headers, at(1)).is_some(), "to be looked up ends nobody's");
        }
        for headers in all.iter().skip(1) {
            assert!(sessions.of(headers, at(2)).is_some());
        }
        sessions.begin("clerk", at(3), &OsEntropy);
        assert!(sessions.of(&all[0], at(3)).is_none(), "the silent one");
        assert!(all.iter().skip(1).all(|headers| sessions.of(headers, at(3)).is_some()));
    }

    #[test]
    fn u02_a_form_carries_the_token_of_its_own_session() {
        let sessions = sessions();
        let (one, _) = sessions.begin("one", at(0), &OsEntropy);
        let (two, set) = sessions.begin("two", at(0), &OsEntropy);
        assert!(two.is_token(two.token()));
        for wrong in [one.token(), "", &two.token()[1..]] {
            assert!(!two.is_token(wrong), "{wrong}");
        }
        sessions.end(&two);
        assert!(sessions.of(&sent(&set), at(0)).is_none());
    }
}

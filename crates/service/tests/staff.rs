//! The door to a service's own pages, over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use jiff::{Timestamp, tz::TimeZone};
use portage_clock::Clock;
use portage_keys::{OsEntropy, PasswordHash, vault::KdfParams};
use portage_service::staff::{Role, StaffDoor, StaffEventKind, StaffName, StaffStore, Visit};
use portage_web::page::{MenuEntry, PageEntry, Site};
use tower::ServiceExt;
use url::form_urlencoded;

const HOME: PageEntry = PageEntry::signed_in("home", "/");
const PASSWORD: &str = "four words of pine";
static SITE: Site = Site {
    name: "page.service",
    base: "/desk",
    menu: &[MenuEntry { label: "page.go_on", path: "/" }],
    extra_style: None,
};

struct Desk {
    door: Arc<StaffDoor>,
    routes: Router,
    clock: Arc<AtomicI64>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Desk {
    async fn at(url: &str) -> Self {
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let told = clock.clone();
        let now = Clock::from_fn(move || Timestamp::from_second(told.load(Ordering::SeqCst)).unwrap());
        let store = StaffStore::in_memory().unwrap();
        let password = PasswordHash::of(PASSWORD, KdfParams::MINIMUM, &OsEntropy).unwrap();
        store.add(&name("zoé"), Role::Counter, Some(&password), now.now()).await.unwrap();
        let door = StaffDoor::new(store, &url.parse().unwrap(), &SITE, HOME, (now, TimeZone::UTC));
        let door = Arc::new(door.with_kdf(KdfParams::MINIMUM));
        let home = async |visit: Visit| visit.page("/", "page.service").answer();
        let only_clerks = async |visit: Visit| -> Response {
            visit.refusal_unless(&[Role::Clerk]).unwrap_or_else(|| visit.page("/", "page.service").answer())
        };
        let pages =
            Router::new().route("/", get(home)).route("/clerks", get(only_clerks)).with_state(door.clone());
        Desk { routes: door.routes(pages), door, clock }
    }

    async fn new() -> Self {
        Self::at("http://localhost:8084").await
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn send(&self, request: Request) -> Answer {
        let (parts, body) = self.routes.clone().oneshot(request).await.unwrap().into_parts();
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, html }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("host", "localhost:8084").header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from("http://localhost:8084", path, cookie, fields).await
    }

    async fn post_from(&self, origin: &str, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("host", "localhost:8084")
            .header("origin", origin)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// The cookie and the token of somebody at the door.
    async fn at_door(&self) -> (String, String) {
        let page = self.get("/desk/en/sign-in", "").await;
        (page.cookie("door"), page.token())
    }

    async fn sign_in(&self, name: &str, password: &str) -> Answer {
        let (cookie, token) = self.at_door().await;
        let fields = [("form-token", token.as_str()), ("name", name), ("password", password)];
        self.post("/desk/en/sign-in", &cookie, &fields).await
    }

    async fn kinds(&self) -> Vec<StaffEventKind> {
        self.door.store().events().await.unwrap().into_iter().map(|event| event.kind).collect()
    }
}

impl Answer {
    /// `name=value` of the cookie that is set for this place.
    fn cookie(&self, place: &str) -> String {
        let set = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let mut found = set.filter(|text| text.starts_with(&format!("portage-desk-{place}-8084=")));
        found.next().unwrap_or_default().split(';').next().unwrap().to_owned()
    }

    fn token(&self) -> String {
        let (_, rest) = self.html.split_once("name=\"form-token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}

fn name(text: &str) -> StaffName {
    StaffName::parse(text).unwrap()
}

#[tokio::test]
async fn somebody_signs_in_works_and_signs_out_and_the_trail_says_so() {
    let desk = Desk::new().await;
    for path in ["/desk", "/desk/fr"] {
        let answer = desk.get(path, "portage-language=fr").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(desk.get("/desk/fr", "").await.location(), "/desk/fr/sign-in");
    let signed_in = desk.sign_in(" ZOÉ ", PASSWORD).await;
    assert_eq!((signed_in.status, signed_in.location()), (StatusCode::SEE_OTHER, "/desk/en"));
    let cookie = signed_in.cookie("staff");
    let home = desk.get("/desk/fr", &cookie).await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.html.contains("zoé") && home.html.contains("lang=\"fr-CA\""), "{}", home.html);
    let out = desk.post("/desk/fr/sign-out", &cookie, &[("form-token", &home.token())]).await;
    assert_eq!(out.location(), "/desk/fr/sign-in");
    assert_eq!(desk.get("/desk/fr", &cookie).await.location(), "/desk/fr/sign-in");
    let kinds = desk.kinds().await;
    assert_eq!(kinds, [StaffEventKind::Added, StaffEventKind::SignedIn, StaffEventKind::SignedOut]);
}

#[tokio::test]
async fn u01_another_host_reaches_no_page_of_the_staff() {
    let desk = Desk::new().await;
    for host in ["evil.example:8084", "localhost.evil.example:8084", "localhost", ""] {
        let request = Request::get("/desk/en/sign-in").header("host", host).body(Body::empty()).unwrap();
        assert_eq!(desk.send(request).await.status, StatusCode::FORBIDDEN, "{host}");
    }
    let without = Request::get("/desk/en/sign-in").body(Body::empty()).unwrap();
    assert_eq!(desk.send(without).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn u02_nobody_is_signed_in_or_out_from_another_page() {
    let desk = Desk::new().await;
    let (cookie, token) = desk.at_door().await;
    let fields = |token| [("form-token", token), ("name", "zoé"), ("password", PASSWORD)];
    for origin in ["null", "https://evil.example"] {
        let answer = desk.post_from(origin, "/desk/en/sign-in", &cookie, &fields(token.as_str())).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let other = desk.at_door().await.1;
    for wrong in ["", other.as_str()] {
        let answer = desk.post("/desk/en/sign-in", &cookie, &fields(wrong)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(desk.kinds().await, [StaffEventKind::Added], "no guess was tried");

    let cookie = desk.sign_in("zoé", PASSWORD).await.cookie("staff");
    assert_eq!(desk.post("/desk/en/sign-out", &cookie, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.get("/desk/en/sign-out", &cookie).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(desk.get("/desk/en", &cookie).await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn u05_u07_the_cookie_is_the_browsers_own_and_pages_are_not_kept() {
    let desk = Desk::at("https://localhost:8084").await;
    let door = desk.get("/desk/en/sign-in", "").await;
    let set: Vec<_> = door.headers.get_all(header::SET_COOKIE).iter().collect();
    let of_door =
        set.iter().map(|value| value.to_str().unwrap()).find(|text| text.contains("-door-")).unwrap();
    assert!(of_door.ends_with("; Path=/desk; HttpOnly; SameSite=Strict; Secure"), "{of_door}");
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")]
    {
        assert_eq!(door.headers[name], value);
    }
    assert!(door.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn u05_a_session_ends_when_nobody_is_there_in_the_end_and_with_its_account() {
    let desk = Desk::new().await;
    let is_in = async |cookie: &str| desk.get("/desk/en", cookie).await.status == StatusCode::OK;
    let idle = desk.sign_in("zoé", PASSWORD).await.cookie("staff");
    desk.wait(20 * 60);
    assert!(is_in(&idle).await);
    desk.wait(20 * 60 + 1);
    assert!(!is_in(&idle).await);

    let busy = desk.sign_in("zoé", PASSWORD).await.cookie("staff");
    for _ in 0..40 {
        desk.wait(15 * 60);
        assert!(is_in(&busy).await);
    }
    desk.wait(15 * 60);
    assert!(!is_in(&busy).await, "ten hours are over");

    let gone = desk.sign_in("zoé", PASSWORD).await.cookie("staff");
    assert!(is_in(&gone).await);
    desk.door.store().remove(&name("zoé"), desk.door.now()).await.unwrap();
    assert!(!is_in(&gone).await);
    assert_eq!(desk.sign_in("zoé", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn u06_guesses_cost_longer_waits_and_an_unknown_name_looks_the_same() {
    let desk = Desk::new().await;
    for name in ["zoé", "nobody"] {
        let wrong = desk.sign_in(name, "a wrong password").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.html.contains("do not go together"), "{}", wrong.html);
        assert!(!wrong.html.contains("a wrong password"), "what was typed as a password does not come back");
        for _ in 0..3 {
            desk.sign_in(name, "a wrong password").await;
        }
        let waits = desk.sign_in(name, PASSWORD).await;
        assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS, "even the right one waits");
        assert!(waits.html.contains("Wait 1 minute before"), "{}", waits.html);
    }
    desk.wait(60);
    assert_eq!(desk.sign_in("zoé", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_one_time_code_lets_in_once_as_a_link_or_typed_and_then_a_password_is_chosen() {
    let desk = Desk::new().await;
    let store = desk.door.store();
    let until = desk.door.now().checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    let give = async |code| store.keep_code(&name("zoé"), code, until, desk.door.now()).await.unwrap();
    give("one").await;
    let ahead =
        Request::get("/desk/open/one").header("host", "localhost:8084").header("sec-purpose", "prefetch");
    assert_eq!(desk.send(ahead.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.get("/desk/open/other", "").await.status, StatusCode::FORBIDDEN);
    let opened = desk.get("/desk/open/one", "").await;
    assert_eq!(opened.location(), "/desk/en");
    assert_eq!(desk.get("/desk/open/one", "").await.status, StatusCode::FORBIDDEN, "it was used");

    let cookie = opened.cookie("staff");
    let page = desk.get("/desk/en/password", &cookie).await;
    assert!(!page.html.contains("name=\"old\""), "who came with a code need not know an old one");
    let token = page.token();
    let choose = |new, again| [("form-token", token.as_str()), ("new", new), ("again", again)];
    for (new, again) in [("short", "short"), ("long enough to use", "long enough to lose")] {
        let refused = desk.post("/desk/en/password", &cookie, &choose(new, again)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let chosen = choose("long enough to use", "long enough to use");
    let chosen = desk.post("/desk/en/password", &cookie, &chosen).await;
    assert_eq!(chosen.status, StatusCode::OK);
    assert_eq!(desk.get("/desk/en", &cookie).await.status, StatusCode::SEE_OTHER, "older sessions are over");
    assert_eq!(desk.get("/desk/en", &chosen.cookie("staff")).await.status, StatusCode::OK);
    assert_eq!(desk.sign_in("zoé", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.sign_in("zoé", "long enough to use").await.status, StatusCode::SEE_OTHER);

    give("two").await;
    let (cookie, token) = desk.at_door().await;
    let typed = async |code| {
        desk.post("/desk/en/sign-in/code", &cookie, &[("form-token", &token), ("code", code)]).await
    };
    assert_eq!(typed("wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(typed(" two ").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_has_another_role_is_told_so() {
    let desk = Desk::new().await;
    let cookie = desk.sign_in("zoé", PASSWORD).await.cookie("staff");
    assert_eq!(desk.get("/desk/en/clerks", &cookie).await.status, StatusCode::FORBIDDEN);
    assert_eq!(desk.get("/desk/en/nowhere", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn u03_what_was_typed_as_a_name_comes_back_as_text() {
    let desk = Desk::new().await;
    let answer = desk.sign_in("\"><script>alert(1)</script>", "x").await;
    assert!(!answer.html.contains("<script"), "{}", answer.html);
}

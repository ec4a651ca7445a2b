//! The counter over HTTP: who gets in, from where, and what is not on the screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use portage_catalog::Catalog;
use portage_service::staff::{Role, StaffName};
use portage_storage::verifier::MemorySessions;
use portage_testkit::{
    RunningVerifier, SteppedClock, VerifierSetup,
    world::{MemorySources, World},
};
use portage_verifier::ports::SessionStore;
use portage_web::Readiness;
use tower::ServiceExt;

const AGE: &str = "age-restricted-sale";

struct Scene {
    clock: SteppedClock,
    verifier: RunningVerifier<MemorySessions, MemorySources>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn token(&self) -> String {
        let (_, rest) = self.html.split_once("name=\"form-token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::new();
        let clock = SteppedClock::at(world.now);
        let verifier =
            RunningVerifier::start(VerifierSetup::of(&mut world, &clock, Catalog::bundled())).await;
        Scene { clock, verifier }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.verifier.url.port().unwrap())
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let routes = verifier_service::routes(self.verifier.service.clone(), Readiness::ready());
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, html }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("host", self.host()).header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, origin: &str, cookie: &str, form: String) -> Answer {
        let request = Request::post("/counter/en")
            .header("host", self.host())
            .header("origin", origin)
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// Signs somebody in by a one-time code: their cookie.
    async fn sign_in(&self, name: &str, role: Role) -> String {
        let counter = self.verifier.service.counter.as_ref().unwrap();
        let (store, now) = (counter.door().store(), self.clock.now());
        let name = StaffName::parse(name).unwrap();
        store.add(&name, role, None, now).await.unwrap();
        let until = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
        store.keep_code(&name, "code", until, now).await.unwrap();
        let opened = self.get("/counter/open/code", "").await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER);
        let mut set = opened.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let cookie = set.find(|text| text.starts_with("portage-counter-staff-")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Asks for the age: the path of the request's page.
    async fn ask(&self, cookie: &str) -> String {
        let token = self.get("/counter/en", cookie).await.token();
        let origin = format!("http://{}", self.host());
        let asked = self.post(&origin, cookie, format!("form-token={token}&purpose={AGE}")).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.html);
        asked.header("location").to_owned()
    }
}

#[tokio::test]
async fn u01_the_counter_answers_to_the_services_own_host_alone() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in("zoé", Role::Counter).await;
    assert_eq!(scene.get("/counter/en", &cookie).await.status, StatusCode::OK);
    for host in ["evil.example", "localhost", "127.0.0.1.evil.example", ""] {
        let request = Request::get("/counter/en").header("host", host).header("cookie", &cookie);
        let answer = scene.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host}");
    }
}

#[tokio::test]
async fn u02_nothing_is_asked_from_another_page_or_without_the_token_or_by_get() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in("zoé", Role::Counter).await;
    let token = scene.get("/counter/en", &cookie).await.token();
    let origin = format!("http://{}", scene.host());
    let sound = format!("form-token={token}&purpose={AGE}");
    for origin in ["null", "https://evil.example"] {
        assert_eq!(
            scene.post(origin, &cookie, sound.clone()).await.status,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    for form in [format!("purpose={AGE}"), format!("form-token=AAAA&purpose={AGE}")] {
        assert_eq!(scene.post(&origin, &cookie, form).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(scene.get(&format!("/counter/en?{sound}"), &cookie).await.status, StatusCode::OK);
    // Without a session there is nothing but the door.
    assert_eq!(scene.post(&origin, "", sound.clone()).await.header("location"), "/counter/en/sign-in");
    let unknown = scene.post(&origin, &cookie, format!("form-token={token}&purpose=none")).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(scene.post(&origin, &cookie, sound).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_request_is_for_whoever_made_it_and_a_role_of_the_counter() {
    let scene = Scene::new().await;
    let zoe = scene.sign_in("zoé", Role::Counter).await;
    let path = scene.ask(&zoe).await;
    assert_eq!(scene.get(&path, &zoe).await.status, StatusCode::OK);
    let ali = scene.sign_in("ali", Role::Counter).await;
    assert_eq!(scene.get(&path, &ali).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.get(&path, "").await.header("location"), "/counter/en/sign-in");
    let auditor = scene.sign_in("eve", Role::Auditor).await;
    assert_eq!(scene.get("/counter/en", &auditor).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn u05_u07_a_screen_is_not_kept_not_framed_and_its_address_holds_no_secret() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in("zoé", Role::Counter).await;
    let path = scene.ask(&cookie).await;
    let page = scene.get(&path, &cookie).await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("refresh"), "", "a page does not move by itself unless somebody wants it");
    assert!(page.html.len() < 40 * 1024, "{}", page.html.len());
    assert!(page.html.contains("openid4vp://") && !path.contains('?'));
    // The page's id is no transaction: the relying party's API does not know it.
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(scene.verifier.result(id, None).await.status, 404);
    let watched = scene.get(&format!("{path}/watch"), &cookie).await;
    assert_eq!(watched.header("refresh"), "4");
    scene.clock.advance(300);
    assert_eq!(scene.get(&format!("{path}/watch"), &cookie).await.header("refresh"), "", "it is over");
}

#[tokio::test]
async fn the_api_answers_programs_and_the_counter_answers_people() {
    let scene = Scene::new().await;
    let missing = scene.get("/counter/en/nowhere", "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.header("content-type").starts_with("text/html"));
    let missing = scene.get("/nowhere", "").await;
    assert!(missing.header("content-type").starts_with("application/json"), "{}", missing.html);
    assert!(scene.verifier.service.verifier.store.events().await.unwrap().is_empty());
}

//! The clerks' pages, over HTTP: what each role may do, and what it may not.

use reqwest::{
    Client, StatusCode,
    header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use crate::{
    program::{Served, end, init, lines, run, serve_as_configured},
    wallet::client,
};

const COLUMNS: &str = "LicenceRSN,LicenceNumber,BusinessName,BusinessTradeName,IssuedDate,ExpiredDate,BusinessType,Unit,UnitType,House,Street,City,Province,PostalCode,Country";

fn row(key: &str, until: &str) -> String {
    format!(
        "{key},24-{key},Canary Books,Trade,2024-01-02,{until},Restaurant,4,Unit,453,12TH AV W,Vancouver,BC,V5Y 1V4,CA"
    )
}

struct Office {
    folder: tempfile::TempDir,
    url: String,
    _served: Served,
}

/// Somebody who is signed in.
struct Person {
    http: Client,
    url: String,
    cookie: String,
}

struct Answer {
    status: StatusCode,
    location: String,
    kind: String,
    body: Vec<u8>,
}

impl Answer {
    fn html(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn token(&self) -> String {
        let html = self.html();
        let (_, rest) = html.split_once("name=\"form-token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path());
        let config = std::fs::read_to_string(folder.path().join("issuer.toml")).unwrap();
        let url = config
            .lines()
            .find_map(|line| line.strip_prefix("url = \""))
            .unwrap()
            .trim_end_matches('"')
            .to_owned();
        let served = serve_as_configured(folder.path());
        Office { folder, url, _served: served }
    }

    async fn person(&self, name: &str, role: &str) -> Person {
        let added = run(self.folder.path(), &["staff", "add", name, "--role", role, "--code"]);
        assert_eq!(end(&added).0, 0);
        let open = lines(&added)[0]["open"].as_str().unwrap().to_owned();
        let http = client(Policy::none());
        let answer = http.get(open).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookies =
            answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned());
        let cookie = cookies
            .map(|text| text.split(';').next().unwrap().to_owned())
            .find(|text| text.contains("-staff-"));
        Person { http, url: self.url.clone(), cookie: cookie.unwrap() }
    }

    fn store(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("issuer.sqlite")).unwrap()
    }

    fn count(&self, table: &str) -> i64 {
        self.store().query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// As if a wallet had collected the offer.
    fn collect(&self) {
        let store = self.store();
        store
            .execute(
                "INSERT INTO status_list (list, taken, version) VALUES (1, 1, 1) ON CONFLICT DO NOTHING",
                [],
            )
            .unwrap();
        let collected = store
            .execute("UPDATE issuance SET state = 'issued', list = 1, position = 7, day = '2026-01-01', status = 'valid' WHERE state = 'offered'", [])
            .unwrap();
        assert_eq!(collected, 1);
    }
}

impl Person {
    async fn get(&self, path: &str) -> Answer {
        read(self.http.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie)).await
    }

    async fn post_from(&self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request =
            self.http.post(format!("{}{path}", self.url)).header(COOKIE, &self.cookie).header(ORIGIN, origin);
        read(request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())).await
    }

    /// With the token of a page that this person may see.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get("/clerk/en").await.token();
        let all: Vec<_> =
            [("form-token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post_from(&self.url, path, &all).await
    }

    async fn upload(&self, path: &str, file: &str) -> Answer {
        let token = self.get("/clerk/en").await.token();
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n{file}\r\n--b--\r\n"
        );
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(COOKIE, &self.cookie)
            .header(ORIGIN, &self.url);
        read(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
    }
}

impl Person {
    /// Whether an upload this long gets as far as an answer other than 413: the service may hang up while it is sent.
    async fn is_taken(&self, path: &str, length: usize) -> bool {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(COOKIE, &self.cookie)
            .header(ORIGIN, &self.url);
        let request =
            request.header("content-type", "multipart/form-data; boundary=b").body("x".repeat(length));
        request.send().await.is_ok_and(|answer| answer.status() != StatusCode::PAYLOAD_TOO_LARGE)
    }
}

async fn read(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let header = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, location, kind) = (answer.status(), header(LOCATION), header(reqwest::header::CONTENT_TYPE));
    Answer { status, location, kind, body: answer.bytes().await.unwrap().to_vec() }
}

const ONE: &[(&str, &str)] = &[
    ("record", "77"),
    ("how", "screen"),
    ("claim-licence_number", "24-77"),
    ("claim-business_name", "Canary Books"),
    ("claim-business_type", "Restaurant"),
    ("claim-issued_date", "2024-01-02"),
    ("claim-expiry_date", "2027-12-31"),
    ("claim-city", "Vancouver"),
    ("claim-province", "BC"),
    ("claim-country", "CA"),
    ("claim-street", "12TH AV W"),
    ("claim-house", "453"),
];

#[tokio::test]
async fn a_register_is_looked_through_before_anything_is_written_and_then_becomes_letters() {
    let office = Office::open();
    let ada = office.person("ada", "clerk").await;
    let file =
        format!("{COLUMNS}\n{}\n{}\n{}\n", row("1", "2027-12-31"), row("2", "2020-12-31"), row("3", "never"));
    let uploaded = ada.upload("/clerk/en/register/business-licence", &file).await;
    assert_eq!(uploaded.status, StatusCode::SEE_OTHER, "{}", uploaded.html());
    for (path, line, what) in [
        (uploaded.location.clone(), "Line 3", "The record was over on that day"),
        (uploaded.location.replace("/en/", "/fr/"), "Ligne 4", "ExpiredDate"),
    ] {
        let preview = ada.get(&path).await.html();
        assert!(preview.contains(line) && preview.contains(what), "{preview}");
        assert!(!preview.contains("Canary Books"), "what stands in the file is in no page");
    }
    assert_eq!((office.count("issuance"), office.count("trail")), (0, 0));

    let made = ada.post(&uploaded.location, &[("how", "letter"), ("code", "yes")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.html());
    let page = ada.get(&made.location).await.html();
    assert!(page.contains("letters.pdf") && page.contains("codes.pdf"), "{page}");
    for name in ["letters.pdf", "codes.pdf"] {
        let pdf = ada.get(&format!("{}/{name}", made.location)).await;
        assert_eq!((pdf.status, pdf.kind.as_str()), (StatusCode::OK, "application/pdf"));
        assert!(pdf.body.starts_with(b"%PDF"));
    }
    assert_eq!((office.count("issuance"), office.count("trail")), (1, 1));
    // Nobody else finds what ada uploaded or made.
    let bo = office.person("bo", "clerk").await;
    for path in [&uploaded.location, &made.location] {
        assert_eq!(bo.get(path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ada.get(path).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_upload_has_bounds() {
    let office = Office::open();
    let ada = office.person("ada", "clerk").await;
    let path = "/clerk/en/register/business-licence";
    let rows: Vec<_> = (0..501).map(|key| row(&key.to_string(), "2027-12-31")).collect();
    let many = ada.upload(path, &format!("{COLUMNS}\n{}\n", rows.join("\n"))).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(many.html().contains("more than 500 rows"), "{}", many.html());
    assert!(!ada.is_taken(path, 5 << 20).await, "longer than a register may be");
    assert!(ada.is_taken(path, 1 << 20).await, "its twin is read, and is no form");
    let other = ada.upload(path, "PK\u{3}\u{4}").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        ada.upload(path, &format!("{COLUMNS}\n{}\n", row("1", "2027-12-31"))).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_revocation_takes_two_people_and_the_trail_has_both() {
    let office = Office::open();
    let (ada, eve, max) = (
        office.person("ada", "clerk").await,
        office.person("eve", "approver").await,
        office.person("max", "auditor").await,
    );
    let made = ada.post("/clerk/en/offer/business-licence", ONE).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.html());
    assert!(ada.get(&made.location).await.html().contains("<svg"), "a code for the screen");
    office.collect();

    let found = ada.post("/clerk/en/find", &[("record", "77")]).await.html();
    let reference = found.split("/clerk/en/record/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(
        ada.post("/clerk/en/find", &[("record", "Canary Books")])
            .await
            .html()
            .contains("No record of this number")
    );
    let record = format!("/clerk/en/record/{reference}");
    let without = ada.post(&record, &[("change", "revoke")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "no reason");
    let asked = ada.post(&record, &[("change", "revoke"), ("why", "lost")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.html());
    assert!(ada.get(&record).await.html().contains("waits for a second person"));
    let status = || -> String {
        office.store().query_row("SELECT status FROM issuance", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(status(), "valid");

    let waiting = eve.get("/clerk/en/waiting").await;
    assert!(waiting.html().contains("Revoke it"), "{}", waiting.html());
    let by_ada = ada.post("/clerk/en/waiting/1", &[("verdict", "agree")]).await;
    assert_eq!((by_ada.status, status().as_str()), (StatusCode::FORBIDDEN, "valid"));
    let by_eve = eve.post("/clerk/en/waiting/1", &[("verdict", "agree")]).await;
    assert_eq!((by_eve.status, status().as_str()), (StatusCode::OK, "revoked"));

    let trail = max.get("/clerk/fr/trail").await.html();
    for part in ["eve", "ada", "Accepté et fait", "perdu", &reference] {
        assert!(trail.contains(part), "{part} in {trail}");
    }
    let copy = max.post("/clerk/en/trail/export", &[]).await;
    let copy = copy.html();
    assert!(copy.contains(",eve,agreed,revoke,lost,") && copy.contains(",max,exported,"), "{copy}");
    assert!(!trail.contains("Canary") && !copy.contains("Canary") && !copy.contains("77,"), "{copy}");
}

#[tokio::test]
async fn i16_each_role_does_its_own_work_and_no_other() {
    let office = Office::open();
    let people = [
        ("clerk", office.person("ada", "clerk").await),
        ("approver", office.person("eve", "approver").await),
        ("auditor", office.person("max", "auditor").await),
    ];
    for (path, may) in [
        ("/clerk/en", &["clerk", "approver", "auditor"][..]),
        ("/clerk/en/offer/business-licence", &["clerk"]),
        ("/clerk/en/register/business-licence", &["clerk"]),
        ("/clerk/en/find", &["clerk", "approver"]),
        ("/clerk/en/waiting", &["clerk", "approver"]),
        ("/clerk/en/trail", &["auditor"]),
    ] {
        for (role, person) in &people {
            let expected = if may.contains(role) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(path).await.status, expected, "{role} {path}");
        }
    }
    for (path, fields, may) in [
        ("/clerk/en/offer/business-licence", ONE, &["clerk"][..]),
        ("/clerk/en/find", &[("record", "1")][..], &["clerk", "approver"]),
        ("/clerk/en/record/none", &[("change", "revoke"), ("why", "lost")][..], &["clerk"]),
        ("/clerk/en/waiting/9", &[("verdict", "agree")][..], &["approver"]),
        ("/clerk/en/trail/export", &[][..], &["auditor"]),
    ] {
        for (role, person) in &people {
            let before = office.count("trail");
            let answer = person.post(path, fields).await;
            assert_eq!(
                answer.status == StatusCode::FORBIDDEN,
                !may.contains(role),
                "{role} {path} {}",
                answer.status
            );
            if !may.contains(role) {
                assert_eq!(office.count("trail"), before, "{role} {path}");
            }
        }
    }
    let stranger = client(Policy::none());
    let answer = read(stranger.get(format!("{}/clerk/en/trail", office.url))).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/clerk/en/sign-in"));
}

#[tokio::test]
async fn u01_u02_u03_forged_forms_change_nothing_and_what_is_typed_is_text() {
    let office = Office::open();
    let ada = office.person("ada", "clerk").await;
    let token = ada.get("/clerk/en").await.token();
    let path = "/clerk/en/offer/business-licence";
    let with = |token: &str| {
        [&[("form-token", token)], ONE]
            .concat()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<_>>()
    };
    for (origin, token) in [
        ("null", token.as_str()),
        ("https://evil.example", &token),
        (office.url.as_str(), ""),
        (&office.url, "other"),
    ] {
        let fields = with(token);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            ada.post_from(origin, path, &fields).await.status,
            StatusCode::FORBIDDEN,
            "{origin} {token}"
        );
    }
    assert_eq!(office.count("issuance"), 0);
    let elsewhere = ada
        .http
        .get(format!("{}/clerk/en", office.url))
        .header(COOKIE, &ada.cookie)
        .header(HOST, "evil.example");
    assert_eq!(read(elsewhere).await.status, StatusCode::FORBIDDEN);

    let hostile = "\"><script>alert(1)</script>";
    let again = ada.post(path, &[("how", "screen"), ("claim-business_name", hostile)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.html().contains("&lt;script&gt;") && !again.html().contains("<script"), "{}", again.html());
    assert_eq!(ada.post(path, ONE).await.status, StatusCode::SEE_OTHER, "the same form from our own page");
    assert_eq!(office.count("issuance"), 1);
}

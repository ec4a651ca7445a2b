//! A browser without scripts: cookies, pages, forms, redirects.

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, PoisonError},
};

use reqwest::{Client, Method, RequestBuilder, header::HeaderMap, multipart};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use wallet_cli::{Io, run};

use crate::citizen::{Citizen, PASSPHRASE};

/// A browser on the citizen's machine.
pub(crate) struct Browser {
    pub(crate) origin: String,
    /// The one-time link's path.
    pub(crate) opening: String,
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A page, as it was answered.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Path.
    pub(crate) at: String,
    pub(crate) html: String,
}

/// Standard output of the running program, a piece at a time.
struct Out(UnboundedSender<Vec<u8>>);

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Citizen {
    /// Runs `wallet open` with these arguments, and the test beside it; what the test gives back.
    pub(crate) async fn with_pages<T>(&self, more: &[&str], test: impl AsyncFnOnce(Browser) -> T) -> T {
        let (sender, mut printed) = unbounded_channel();
        let (mut out, mut err) = (Out(sender), Vec::new());
        let arguments = ["wallet", "open", "--json"].iter().chain(more).map(std::ffi::OsString::from);
        let mut io = Io { out: &mut out, err: &mut err, person: None };
        let program = run(arguments, self.surroundings(), &mut io);
        let story = async {
            let mut line = Vec::new();
            while !line.ends_with(b"\n") {
                line.extend(printed.recv().await.unwrap());
            }
            let told: serde_json::Value = serde_json::from_slice(&line).unwrap();
            test(Browser::at(told["open"].as_str().unwrap())).await
        };
        tokio::select! {
            code = program => panic!("the program ended with {code}"),
            done = story => done,
        }
    }
}

impl Browser {
    fn at(link: &str) -> Self {
        let (origin, path) = link.split_at(link.match_indices('/').nth(2).unwrap().0);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Browser { origin: origin.to_owned(), opening: path.to_owned(), client, cookies: Mutex::default() }
    }

    /// Another browser on the machine, without the session.
    pub(crate) fn stranger(&self) -> Self {
        Browser {
            origin: self.origin.clone(),
            opening: self.opening.clone(),
            client: self.client.clone(),
            cookies: Mutex::default(),
        }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// Opens the link and unlocks.
    pub(crate) async fn enter(&self) -> Shown {
        let opening = self.opening.clone();
        let door = self.get(&opening).await;
        self.submit(&door, "/unlock", &[("passphrase", PASSPHRASE)]).await
    }

    /// A request with the browser's cookies, for a test to change.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.origin));
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends it and follows redirects with `GET`, as a browser does after a form.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Shown {
        let mut response = request.send().await.unwrap();
        loop {
            self.take_cookies(response.headers());
            let Some(next) = response.headers().get("location") else { break };
            let path = next.to_str().unwrap().to_owned();
            response = self.request(Method::GET, &path).send().await.unwrap();
        }
        Shown {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            at: response.url().path().to_owned(),
            html: String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned(),
        }
    }

    fn take_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for set in headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Shown {
        self.send(self.request(Method::GET, path)).await
    }

    /// A form as a browser sends it.
    pub(crate) fn form(&self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let (action, token) = page.form(action);
        let mut all = vec![("form-token", token.as_str())];
        all.extend_from_slice(fields);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        self.request(Method::POST, &action)
            .header("origin", &self.origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Fills in the form whose action ends so, and sends it.
    pub(crate) async fn submit(&self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        self.send(self.form(page, action, fields)).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(
        &self,
        page: &Shown,
        action: &str,
        file: (&'static str, Vec<u8>),
        fields: &[(&'static str, &str)],
    ) -> Shown {
        let (action, token) = page.form(action);
        let mut body = multipart::Form::new()
            .text("form-token", token)
            .part(file.0, multipart::Part::bytes(file.1).file_name("a-name"));
        for (name, value) in fields {
            body = body.text(*name, (*value).to_owned());
        }
        let request = self.request(Method::POST, &action).header("origin", &self.origin).multipart(body);
        self.send(request).await
    }

    /// Pastes a link, reads it, and goes on to who offers or asks.
    pub(crate) async fn open(&self, link: &str, lang: &str) -> Shown {
        let page = self.get(&format!("/{lang}/link")).await;
        let found = self.submit(&page, "/link", &[("link", link)]).await;
        assert!(found.at.contains("/link/"), "{found:?}");
        let at = found.at.clone();
        self.submit(&found, &at, &[]).await
    }
}

impl Shown {
    /// Whether the words stand on the page, as text.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The page's text: tags are a blank, references are what they stand for.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for piece in self.html.split('<').skip(1) {
            let (_, after) = piece.split_once('>').unwrap_or_default();
            text.push_str(after);
            text.push(' ');
        }
        let text =
            text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn title(&self) -> String {
        let (_, after) = self.html.split_once("<title>").unwrap_or_default();
        after.split('<').next().unwrap_or_default().to_owned()
    }

    /// The form whose action ends so: its action and its token.
    pub(crate) fn form(&self, action: &str) -> (String, String) {
        for form in self.html.split("<form ").skip(1) {
            let found = between(form, "action=\"", "\"").unwrap_or_default();
            if found.ends_with(action) {
                let token = between(form, "name=\"form-token\" value=\"", "\"").unwrap();
                return (found.to_owned(), token.to_owned());
            }
        }
        panic!("no form {action} in {} {}: {}", self.status, self.at, self.text())
    }

    /// Where the links lead.
    pub(crate) fn links(&self) -> Vec<&str> {
        self.html.split("<a ").skip(1).filter_map(|link| between(link, "href=\"", "\"")).collect()
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

//! One tab of Chromium, as one person has it.

use std::{
    io::{BufRead, BufReader},
    panic::AssertUnwindSafe,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use fantoccini::{
    Client, ClientBuilder,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
    wd::WebDriverCompatibleCommand,
};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// Chromium is heavy: this many at a time.
static SEATS: Semaphore = Semaphore::const_new(2);

/// Longest wait for a page.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most Tab presses until a control must have been reached.
const MOST_TABS: usize = 120;

/// How a person looks at the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    /// `en` or `fr`, as `Accept-Language` says it.
    pub(crate) language: &'static str,
    pub(crate) dark: bool,
    /// In CSS pixels. 640 is what 1280 is at 200 % zoom.
    pub(crate) width: u32,
    pub(crate) scripts: bool,
}

impl View {
    pub(crate) const ENGLISH: View = View { language: "en", dark: false, width: 1280, scripts: true };
    pub(crate) const FRENCH: View = View { language: "fr", ..View::ENGLISH };

    /// The same without JavaScript.
    pub(crate) const fn without_scripts(self) -> View {
        View { scripts: false, ..self }
    }

    /// The same on a small screen.
    pub(crate) const fn narrow(self) -> View {
        View { width: 320, ..self }
    }
}

/// Runs `body` with a tab of its own, and closes it however `body` ends.
pub(crate) async fn with_tab(view: View, body: impl AsyncFnOnce(&Tab)) {
    let tab = Tab::open(view).await;
    let outcome = AssertUnwindSafe(body(&tab)).catch_unwind().await;
    if outcome.is_err() {
        eprintln!("the page when it failed ({view:?}):\n{}", tab.text().await);
    }
    tab.close().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// A tab, its browser and the driver between.
pub(crate) struct Tab {
    client: Client,
    driver: Driver,
    pub(crate) view: View,
    _seat: SemaphorePermit<'static>,
}

#[allow(dead_code, reason = "what a story may do, whether or not one does it yet")]
impl Tab {
    async fn open(view: View) -> Tab {
        let seat = SEATS.acquire().await.expect("the semaphore is never closed");
        let driver = Driver::start();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(view).as_object().expect("an object").clone())
            .connect(&driver.address)
            .await
            .expect("Chromium starts: cargo xtask test installs it");
        let tab = Tab { client, driver, view, _seat: seat };
        tab.look(view.width, view.dark).await;
        tab
    }

    async fn close(self) {
        let _ = self.client.close().await;
        drop(self.driver);
    }

    /// Sets the width in CSS pixels, and the colour scheme.
    pub(crate) async fn look(&self, width: u32, dark: bool) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    pub(crate) async fn goto(&self, address: &str) {
        self.client.goto(address).await.expect("the page loads");
    }

    pub(crate) async fn address(&self) -> Url {
        self.client.current_url().await.expect("an address")
    }

    /// What a person reads.
    pub(crate) async fn text(&self) -> String {
        let text = self.eval("return document.body ? document.body.innerText : ''", &[]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Whether the page says `words` somewhere; spaces of every kind count as one.
    pub(crate) async fn says(&self, words: &str) -> bool {
        squeezed(&self.text().await).contains(&squeezed(words))
    }

    pub(crate) async fn must_say(&self, words: &str) {
        assert!(self.says(words).await, "the page does not say {words:?}");
    }

    /// What a script of the browser's own answers; works without the page's scripts, too.
    pub(crate) async fn eval(&self, script: &str, arguments: &[Value]) -> Value {
        self.client.execute(script, arguments.to_vec()).await.expect("the script runs")
    }

    /// As [`Tab::eval`], for a script that calls its last argument when it is done.
    pub(crate) async fn eval_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.expect("the script runs")
    }

    /// Presses Tab until the control with this name has the focus. A name is the control's label, text or value; its start is enough.
    pub(crate) async fn reach(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MOST_TABS {
            let focused = self.eval(NAME_OF_FOCUSED, &[]).await;
            let focused = squeezed(focused.as_str().unwrap_or_default());
            if focused.starts_with(&squeezed(name)) {
                return;
            }
            passed.push(focused);
            self.press(Key::Tab).await;
        }
        passed.dedup();
        panic!("no control named {name:?} is reached by keyboard; there are {passed:?}");
    }

    /// Reaches a field and types into it, in place of what is there.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        self.reach(label).await;
        self.eval("const e = document.activeElement; if (e.select) e.select()", &[]).await;
        self.client.active_element().await.expect("a field").send_keys(text).await.expect("typing");
    }

    /// Reaches a field for a file and chooses one.
    pub(crate) async fn choose_file(&self, label: &str, path: &Path) {
        self.reach(label).await;
        let path = path.to_str().expect("a UTF-8 path");
        self.client.active_element().await.expect("a field").send_keys(path).await.expect("choosing");
    }

    /// Reaches a button, presses Enter and gives the file that comes down.
    pub(crate) async fn download(&self, name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let place = json!({ "behavior": "allow", "downloadPath": folder.path() });
        self.devtools("Page.setDownloadBehavior", place).await;
        self.reach(name).await;
        self.press(Key::Enter).await;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let files = std::fs::read_dir(folder.path()).expect("the folder").filter_map(Result::ok);
            let whole = files
                .map(|file| file.path())
                .find(|path| path.extension().is_some_and(|end| end != "crdownload"));
            if let Some(path) = whole {
                return std::fs::read(path).expect("the file");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no file follows {name:?}");
    }

    /// The whole page as a PNG picture.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let shot = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.devtools("Page.captureScreenshot", shot).await;
        BASE64_STANDARD.decode(answer["data"].as_str().expect("a picture")).expect("base64")
    }

    /// Reaches a box or a button of a group and turns it with the space bar.
    pub(crate) async fn tick(&self, label: &str) {
        self.reach(label).await;
        self.press_char(' ').await;
    }

    /// Reaches a question with one answer, goes down to this answer and takes it.
    pub(crate) async fn choose(&self, label: &str) {
        self.eval("document.querySelector('[type=radio]')?.blur()", &[]).await;
        for _ in 0..MOST_TABS {
            let kind = self.eval("return document.activeElement.type || ''", &[]).await;
            if kind == json!("radio") {
                break;
            }
            self.press(Key::Tab).await;
        }
        for _ in 0..MOST_TABS {
            let focused = self.eval(NAME_OF_FOCUSED, &[]).await;
            if squeezed(focused.as_str().unwrap_or_default()).starts_with(&squeezed(label)) {
                return self.press_char(' ').await;
            }
            self.press(Key::Down).await;
        }
        panic!("there is no answer {label:?}");
    }

    /// Reaches a button or a link, presses Enter and waits for the page that follows.
    pub(crate) async fn follow(&self, name: &str) {
        self.reach(name).await;
        self.eval("document.documentElement.setAttribute('data-left', '')", &[]).await;
        self.press(Key::Enter).await;
        self.wait_for("return !document.documentElement.hasAttribute('data-left') && document.readyState === 'complete'", name).await;
    }

    /// Waits, within bounds, until the script says true.
    pub(crate) async fn wait_for(&self, script: &str, what: &str) {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.client.execute(script, Vec::new()).await.is_ok_and(|value| value == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing follows {what:?}");
    }

    async fn press(&self, key: Key) {
        self.press_char(char::from(key)).await;
    }

    async fn press_char(&self, value: char) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.expect("the key is pressed");
    }

    async fn devtools(&self, cmd: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools { cmd, params }).await.expect("the browser obeys")
    }
}

/// Text with every run of white space, no-break spaces among them, as one space.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a screen reader would say the focused control is called, near enough to find it.
const NAME_OF_FOCUSED: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return '';
    if (e.getAttribute('aria-label')) return e.getAttribute('aria-label');
    if (e.labels && e.labels.length) return e.labels[0].innerText;
    return e.innerText || e.value || '';
";

fn capabilities(view: View) -> Value {
    let locale = if view.language == "fr" { "fr-CA,fr" } else { "en-CA,en" };
    let mut preferences = json!({ "intl.accept_languages": locale });
    if !view.scripts {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            ],
            "prefs": preferences,
        },
    })
}

/// A command of Chromium's DevTools protocol, which the driver passes on.
#[derive(Debug)]
struct DevTools {
    cmd: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.cmd, "params": self.params });
        (http::Method::POST, Some(body.to_string()))
    }
}

/// The driver, a process of its own on a port of its own.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    fn start() -> Driver {
        let mut process = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: cargo xtask test does it");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let port = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.rsplit_once("successfully on port ")
                    .and_then(|(_, port)| port.trim_end_matches('.').parse::<u16>().ok())
            })
            .expect("the driver says its port");
        Driver { process, address: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

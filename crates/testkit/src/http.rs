use serde_json::Value;

/// A plain HTTP client: no redirects, no proxy, nothing checked. Not for programs.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Cache-Control`.
    pub cache_control: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

impl Client {
    /// A client.
    pub fn new() -> Self {
        // Err: another test of this process installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Client(builder.build().expect("a client"))
    }

    /// `GET`.
    pub async fn get(&self, url: &str, bearer: Option<&str>) -> Answer {
        answer(authorized(self.0.get(url), bearer)).await
    }

    /// `GET` as somebody who reads this language.
    pub async fn get_in(&self, url: &str, language: &str) -> Answer {
        answer(self.0.get(url).header("accept-language", language)).await
    }

    /// `POST` of JSON.
    pub async fn post_json(&self, url: &str, body: &Value, bearer: Option<&str>) -> Answer {
        let request = self.0.post(url).header("content-type", "application/json").body(body.to_string());
        answer(authorized(request, bearer)).await
    }

    /// `POST` of a form that is encoded already.
    pub async fn post_form(&self, url: &str, body: String) -> Answer {
        let request = self.0.post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
        answer(request).await
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

fn authorized(request: reqwest::RequestBuilder, bearer: Option<&str>) -> reqwest::RequestBuilder {
    match bearer {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Answer {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        cache_control: header("cache-control"),
        body: response.text().await.expect("a body"),
    }
}

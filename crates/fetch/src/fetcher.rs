use std::{error::Error, time::Duration};

use portage_did::{LoopbackOrigins, address::may_contact};
use portage_wallet::ports::{Http, HttpAnswer, HttpFailure, HttpRequest, RequestBody};
use reqwest::{
    Client, ClientBuilder, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE},
    redirect,
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::resolver::{AddressRefused, GuardedResolver, Reach};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("portage/", env!("CARGO_PKG_VERSION"));

/// The guarded way out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    loopback: LoopbackOrigins,
    local: Client,
    /// `None` on a machine without certificate authorities: nobody public can be reached, loopback origins still can.
    public: Option<Client>,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made")]
pub struct FetcherError(#[source] reqwest::Error);

impl Fetcher {
    /// A way out that also reaches these loopback origins.
    ///
    /// # Errors
    /// [`FetcherError`].
    pub fn new(loopback: LoopbackOrigins) -> Result<Self, FetcherError> {
        // Fails when another provider is in place already, which is then the one that serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let local = guarded(Reach::Loopback).tls_certs_only([]).build().map_err(FetcherError)?;
        let public = guarded(Reach::Public).https_only(true).build();
        if let Err(error) = &public {
            tracing::warn!(error = %root_cause(error), "no TLS: only loopback origins can be reached");
        }
        Ok(Fetcher { loopback: loopback.listed_only(), local, public: public.ok() })
    }

    /// The loopback origins that may be contacted.
    pub fn loopback(&self) -> &LoopbackOrigins {
        &self.loopback
    }

    /// `GET`.
    ///
    /// # Errors
    /// [`HttpFailure`].
    pub async fn get(&self, url: &Url, accept: &str, max_bytes: usize) -> Result<HttpAnswer, HttpFailure> {
        self.send(HttpRequest { url, accept, bearer: None, body: RequestBody::Get, max_bytes }).await
    }

    /// `POST` of a form.
    ///
    /// # Errors
    /// [`HttpFailure`].
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        max_bytes: usize,
    ) -> Result<HttpAnswer, HttpFailure> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = RequestBody::Form(&form);
        self.send(HttpRequest { url, accept: "application/json", bearer: None, body, max_bytes }).await
    }

    /// `POST` of JSON.
    ///
    /// # Errors
    /// [`HttpFailure`].
    pub async fn post_json(
        &self,
        url: &Url,
        value: &Value,
        max_bytes: usize,
    ) -> Result<HttpAnswer, HttpFailure> {
        let body = RequestBody::Json(value);
        self.send(HttpRequest { url, accept: "application/json", bearer: None, body, max_bytes }).await
    }

    fn client_for(&self, url: &Url) -> Result<&Client, HttpFailure> {
        may_contact(url, &self.loopback).map_err(|_| HttpFailure::AddressNotAllowed)?;
        if self.loopback.contains(url) {
            Ok(&self.local)
        } else {
            self.public.as_ref().ok_or(HttpFailure::Unreachable)
        }
    }
}

impl Http for Fetcher {
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        let client = self.client_for(request.url)?;
        let mut builder = with_body(client, request.url, &request.body).header(ACCEPT, request.accept);
        if let Some(token) = request.bearer {
            builder = builder.bearer_auth(token);
        }
        let response = builder.send().await.map_err(|error| failure(&error))?;
        read(response, request.max_bytes).await
    }
}

fn guarded(reach: Reach) -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .http1_only()
        .dns_resolver(GuardedResolver(reach))
}

fn with_body(client: &Client, url: &Url, body: &RequestBody<'_>) -> RequestBuilder {
    match body {
        RequestBody::Get => client.get(url.clone()),
        RequestBody::Empty => client.post(url.clone()).body(Vec::new()),
        RequestBody::Form(form) => client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body((*form).to_owned()),
        RequestBody::Json(value) => {
            client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(value.to_string())
        }
    }
}

async fn read(mut response: Response, max_bytes: usize) -> Result<HttpAnswer, HttpFailure> {
    let status = response.status();
    if status.is_redirection() {
        return Err(HttpFailure::Redirected);
    }
    if response.content_length().is_some_and(|length| length > max_bytes as u64) {
        return Err(HttpFailure::TooLarge);
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.map(essence);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| HttpFailure::NoAnswer)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(HttpFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer { status: status.as_u16(), content_type, body })
}

/// A media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn failure(error: &reqwest::Error) -> HttpFailure {
    if causes(error).any(|cause| cause.is::<AddressRefused>()) {
        HttpFailure::AddressNotAllowed
    } else if error.is_connect() || error.is_builder() {
        HttpFailure::Unreachable
    } else {
        HttpFailure::NoAnswer
    }
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

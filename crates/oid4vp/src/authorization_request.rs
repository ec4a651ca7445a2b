use portage_strict_json::Limits;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::{ClientId, RequestError};

/// An Authorization Request as a person opens it (§5): a link or the content of a QR code. Nothing is proved about it.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthorizationRequest {
    /// The Request Object stands at `request_uri` (§5.7).
    ByReference {
        /// Who asks.
        client_id: ClientId,
        /// Where the Request Object stands.
        request_uri: Url,
        /// How it is fetched.
        method: RequestUriMethod,
    },
    /// The Request Object is in `request`.
    ByValue {
        /// Who asks.
        client_id: ClientId,
        /// The compact JWS.
        request: String,
    },
    /// The parameters stand in the URI itself: possible only for a Client Identifier that is not signed for.
    Unsigned {
        /// Who asks.
        client_id: ClientId,
        /// All parameters, object parameters read from their JSON text.
        parameters: Map<String, Value>,
    },
}

/// `request_uri_method` (§5.10), `get` when absent. The values are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestUriMethod {
    /// `get`.
    #[default]
    Get,
    /// `post`.
    Post,
}

/// The scheme of our own links (§13.1.2).
const SCHEME: &str = "openid4vp";
/// Longest URI that is read.
const MAX_URI: usize = 64 << 10;
/// Parameters of drafts before 1.0. On a request of any shape they refuse it: no older form is tried.
pub(crate) const LEGACY_PARAMETERS: [&str; 4] =
    ["presentation_definition", "presentation_definition_uri", "client_id_scheme", "client_metadata_uri"];
/// Parameters whose value in a URI is JSON text (§5.1).
const JSON_PARAMETERS: [&str; 4] = ["dcql_query", "client_metadata", "verifier_info", "transaction_data"];

impl AuthorizationRequest {
    /// A request whose Request Object stands at `request_uri`.
    pub fn by_reference(client_id: ClientId, request_uri: Url) -> Self {
        AuthorizationRequest::ByReference { client_id, request_uri, method: RequestUriMethod::Get }
    }

    /// Reads `openid4vp://?…`, or an `https` link with the same parameters. A parameter twice is refused; unknown ones are ignored.
    ///
    /// # Errors
    /// [`RequestError::Malformed`], [`RequestError::Parameter`], [`RequestError::LegacyParameter`].
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        if text.len() > MAX_URI {
            return Err(RequestError::Malformed("over 64 KiB"));
        }
        let uri = Url::parse(text.trim()).map_err(|_| RequestError::Malformed("not a URI"))?;
        if !matches!(uri.scheme(), SCHEME | "https") {
            return Err(RequestError::Malformed("not an openid4vp or https link"));
        }
        let mut parameters = read_parameters(&uri)?;
        refuse_legacy(&parameters)?;
        let client_id = ClientId::parse(required(&parameters, "client_id")?)?;
        let method = request_uri_method(&parameters)?;
        match (take(&mut parameters, "request_uri"), take(&mut parameters, "request")) {
            (Some(_), Some(_)) => Err(RequestError::Malformed("both request and request_uri")),
            (Some(request_uri), None) => {
                let request_uri =
                    Url::parse(&request_uri).map_err(|_| RequestError::Parameter("request_uri"))?;
                Ok(Self::ByReference { client_id, request_uri, method: method.unwrap_or_default() })
            }
            (None, _) if method.is_some() => Err(RequestError::Parameter("request_uri_method")),
            (None, Some(request)) => Ok(Self::ByValue { client_id, request }),
            (None, None) => Ok(Self::Unsigned { client_id, parameters: read_json_parameters(parameters)? }),
        }
    }

    /// Who asks, by their own word.
    pub fn client_id(&self) -> &ClientId {
        match self {
            Self::ByReference { client_id, .. }
            | Self::ByValue { client_id, .. }
            | Self::Unsigned { client_id, .. } => client_id,
        }
    }

    /// The link: `openid4vp://?client_id=…&…`.
    pub fn to_uri(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", self.client_id().as_str());
        match self {
            Self::ByReference { request_uri, method, .. } => {
                query.append_pair("request_uri", request_uri.as_str());
                if *method == RequestUriMethod::Post {
                    query.append_pair("request_uri_method", "post");
                }
            }
            Self::ByValue { request, .. } => {
                query.append_pair("request", request);
            }
            Self::Unsigned { parameters, .. } => {
                for (name, value) in parameters.iter().filter(|(name, _)| *name != "client_id") {
                    match value {
                        Value::String(text) => query.append_pair(name, text),
                        json => query.append_pair(name, &json.to_string()),
                    };
                }
            }
        }
        format!("{SCHEME}://?{}", query.finish())
    }
}

fn read_parameters(uri: &Url) -> Result<Map<String, Value>, RequestError> {
    let mut parameters = Map::new();
    for (name, value) in uri.query_pairs() {
        if parameters.insert(name.into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(RequestError::Malformed("a parameter twice"));
        }
    }
    Ok(parameters)
}

fn read_json_parameters(mut parameters: Map<String, Value>) -> Result<Map<String, Value>, RequestError> {
    for name in JSON_PARAMETERS {
        if let Some(Value::String(text)) = parameters.get(name) {
            let value = portage_strict_json::parse(text.as_bytes(), Limits::MESSAGE)
                .map_err(|_| RequestError::Parameter(name))?;
            parameters.insert(name.to_owned(), value);
        }
    }
    Ok(parameters)
}

pub(crate) fn refuse_legacy(parameters: &Map<String, Value>) -> Result<(), RequestError> {
    match LEGACY_PARAMETERS.into_iter().find(|name| parameters.contains_key(*name)) {
        Some(name) => Err(RequestError::LegacyParameter(name)),
        None => Ok(()),
    }
}

fn request_uri_method(parameters: &Map<String, Value>) -> Result<Option<RequestUriMethod>, RequestError> {
    match parameters.get("request_uri_method").and_then(Value::as_str) {
        None => Ok(None),
        Some("get") => Ok(Some(RequestUriMethod::Get)),
        Some("post") => Ok(Some(RequestUriMethod::Post)),
        Some(_) => Err(RequestError::Parameter("request_uri_method")),
    }
}

fn required<'a>(parameters: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, RequestError> {
    parameters.get(name).and_then(Value::as_str).ok_or(RequestError::Parameter(name))
}

fn take(parameters: &mut Map<String, Value>, name: &str) -> Option<String> {
    match parameters.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "decentralized_identifier:did:web:market.example";

    fn parse(query: &str) -> Result<AuthorizationRequest, RequestError> {
        AuthorizationRequest::parse(&format!("openid4vp://?{query}"))
    }

    #[test]
    fn what_is_written_reads_back() {
        let request = AuthorizationRequest::by_reference(
            ClientId::parse("decentralized_identifier:did:web:localhost%3A8080").unwrap(),
            "http://localhost:8080/request/a_b-c".parse().unwrap(),
        );
        let uri = request.to_uri();
        assert!(
            uri.starts_with(
                "openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Alocalhost%253A8080"
            )
        );
        assert_eq!(AuthorizationRequest::parse(&uri), Ok(request));
    }

    #[test]
    fn an_https_link_and_surrounding_space_are_read() {
        let text = format!(" https://wallet.example/open?client_id={DID}&request_uri=https://a.example/1\n");
        assert!(matches!(AuthorizationRequest::parse(&text), Ok(AuthorizationRequest::ByReference { .. })));
    }

    #[test]
    fn an_unsigned_request_has_its_json_parameters_read() {
        let request =
            parse("client_id=redirect_uri:https://a.example/r&nonce=n&dcql_query=%7B%22credentials%22:[]%7D")
                .unwrap();
        let AuthorizationRequest::Unsigned { parameters, .. } = &request else { panic!("not unsigned") };
        assert!(parameters["dcql_query"].is_object());
        assert_eq!(AuthorizationRequest::parse(&request.to_uri()), Ok(request.clone()));
    }

    #[test]
    fn the_method_is_case_sensitive_and_needs_a_request_uri() {
        let with = |method: &str| {
            parse(&format!("client_id={DID}&request_uri=https://a.example/1&request_uri_method={method}"))
        };
        assert!(matches!(
            with("post"),
            Ok(AuthorizationRequest::ByReference { method: RequestUriMethod::Post, .. })
        ));
        assert_eq!(with("POST"), Err(RequestError::Parameter("request_uri_method")));
        assert_eq!(
            parse(&format!("client_id={DID}&request=a.b.c&request_uri_method=get")),
            Err(RequestError::Parameter("request_uri_method"))
        );
    }

    #[test]
    fn w08_a_legacy_parameter_beside_a_request_uri_refuses_the_request() {
        let sound = format!("client_id={DID}&request_uri=https://a.example/1");
        assert!(parse(&sound).is_ok());
        for name in LEGACY_PARAMETERS {
            assert_eq!(parse(&format!("{sound}&{name}=%7B%7D")), Err(RequestError::LegacyParameter(name)));
        }
    }

    #[test]
    fn no_client_id_a_parameter_twice_and_both_forms_are_refused() {
        for bad in [
            "request_uri=https://a.example/1".to_owned(),
            format!("client_id={DID}&client_id={DID}&request_uri=https://a.example/1"),
            format!("client_id={DID}&request_uri=https://a.example/1&request=a.b.c"),
            format!("client_id={DID}&request_uri=nowhere"),
            format!("client_id={DID}&dcql_query=%7B%22a%22:1,%22a%22:2%7D"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
        assert!(AuthorizationRequest::parse("openid4vp").is_err());
        assert!(AuthorizationRequest::parse("http://a.example/?client_id=a").is_err());
    }
}

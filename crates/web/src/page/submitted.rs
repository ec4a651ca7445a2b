//! A form that somebody sent.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request},
    http::header,
};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::{Session, parts::TOKEN_FIELD};

/// Most fields of a form: a longer one is not a form of ours.
const MOST_FIELDS: usize = 256;

/// The fields of a form, from a session that proved to be the one that asked for it.
pub struct Submitted {
    fields: Vec<(String, Zeroizing<String>)>,
    uploads: Vec<Upload>,
}

/// A file in a form. Its name is the sender's and is not kept.
pub struct Upload {
    field: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// Why a form was not read. Either way nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmittedError {
    /// No or a wrong anti-forgery token: 403.
    Forged,
    /// Not a form: 400.
    Malformed,
}

/// Reads the form of a request (URL-encoded, or multipart where it has files) and holds it to the session's token.
///
/// # Errors
/// [`SubmittedError`]; nothing else of the form can be had then.
pub async fn read_form<S>(request: Request, session: &Session<S>) -> Result<Submitted, SubmittedError> {
    let submitted = read(request).await?;
    let tokens: Vec<&str> = submitted.all(TOKEN_FIELD).collect();
    let is_ours = matches!(tokens.as_slice(), [token] if session.is_token(token));
    if is_ours { Ok(submitted) } else { Err(SubmittedError::Forged) }
}

async fn read(request: Request) -> Result<Submitted, SubmittedError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|content_type| content_type.starts_with("multipart/form-data")) {
        return read_parts(request).await;
    }
    let body = Bytes::from_request(request, &()).await.map_err(|_| SubmittedError::Malformed)?;
    let fields: Vec<_> = form_urlencoded::parse(&body)
        .take(MOST_FIELDS + 1)
        .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
        .collect();
    if fields.len() > MOST_FIELDS {
        return Err(SubmittedError::Malformed);
    }
    Ok(Submitted { fields, uploads: Vec::new() })
}

async fn read_parts(request: Request) -> Result<Submitted, SubmittedError> {
    let malformed = |_| SubmittedError::Malformed;
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| SubmittedError::Malformed)?;
    let mut submitted = Submitted { fields: Vec::new(), uploads: Vec::new() };
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(malformed)?;
        if submitted.fields.len() + submitted.uploads.len() >= MOST_FIELDS {
            return Err(SubmittedError::Malformed);
        }
        if is_file {
            submitted.uploads.push(Upload { field: name, bytes });
        } else {
            let text = std::str::from_utf8(&bytes).map_err(|_| SubmittedError::Malformed)?;
            submitted.fields.push((name, Zeroizing::new(text.to_owned())));
        }
    }
    Ok(submitted)
}

impl Submitted {
    /// What was typed into a field, the first where there are several; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(found, _)| found == name);
        field.map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a name: ticked boxes.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The file chosen in a field; `None` where none was.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.uploads.iter().find(|upload| upload.field == name && !upload.bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn a_form_with_more_fields_than_any_of_ours_is_malformed_and_not_read_in_part() {
        let form = |fields: usize| {
            let body = vec!["a=b"; fields].join("&");
            let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
            request.body(Body::from(body)).unwrap()
        };
        assert_eq!(read(form(MOST_FIELDS)).await.ok().unwrap().fields.len(), MOST_FIELDS);
        assert_eq!(read(form(MOST_FIELDS + 1)).await.err(), Some(SubmittedError::Malformed));
    }
}

use axum::http::{HeaderMap, header};
use portage_keys::digest::constant_time_eq;

/// Why a request carries no usable bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BearerError {
    /// No `Authorization` header, or another scheme.
    Absent,
    /// More than one header, or not the syntax of RFC 6750 §2.1.
    Malformed,
}

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1). Form and query parameters are never read.
///
/// # Errors
/// [`BearerError`].
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, BearerError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(BearerError::Absent)?;
    if values.next().is_some() {
        return Err(BearerError::Malformed);
    }
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(BearerError::Malformed)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(BearerError::Absent);
    }
    let is_b64token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_b64token) {
        return Err(BearerError::Malformed);
    }
    Ok(token)
}

/// Whether the request carries exactly this token, compared in constant time. An empty `expected` never matches.
pub fn is_bearer(headers: &HeaderMap, expected: &str) -> bool {
    !expected.is_empty()
        && bearer_token(headers).is_ok_and(|token| constant_time_eq(token.as_bytes(), expected.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_token_is_read_whatever_the_case_of_the_scheme() {
        assert_eq!(bearer_token(&headers(&["Bearer abc-._~+/="])), Ok("abc-._~+/="));
        assert_eq!(bearer_token(&headers(&["bearer abc"])), Ok("abc"));
    }

    #[test]
    fn everything_else_is_no_token() {
        assert_eq!(bearer_token(&headers(&[])), Err(BearerError::Absent));
        assert_eq!(bearer_token(&headers(&["Basic abc"])), Err(BearerError::Absent));
        for bad in
            [&["Bearer "][..], &["Bearer"], &["Bearer a b"], &["Bearer a", "Bearer a"], &["Bearer a,b"]]
        {
            assert_eq!(bearer_token(&headers(bad)), Err(BearerError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn an_empty_configuration_admits_nobody() {
        assert!(!is_bearer(&headers(&["Bearer "]), ""));
        assert!(!is_bearer(&headers(&[]), ""));
    }
}

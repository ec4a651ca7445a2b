use jiff::Timestamp;
use portage_keys::digest::constant_time_eq;
use portage_oid4vci::{NotificationErrorCode, NotificationRequest};

use crate::{IssuanceStore, IssueError, Issuer, Reference};

/// Why a notification was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The access token is not good, or the store did not answer.
    #[error(transparent)]
    Token(#[from] IssueError),
    /// The request is refused.
    #[error("{0}")]
    Refused(NotificationErrorCode),
}

impl<S: IssuanceStore> Issuer<S> {
    /// Takes a notification (§11): the id must be the one given out with this token's credential. Nothing is stored: what a holder does
    /// with a credential is not the issuer's to keep.
    ///
    /// # Errors
    /// [`NotificationError`].
    pub async fn notify(
        &self,
        access_token: &str,
        request: &NotificationRequest,
        now: Timestamp,
    ) -> Result<(), NotificationError> {
        let grant = self.authorize(access_token, now).await?;
        let expected = self.notification_id(&grant.reference);
        if constant_time_eq(expected.as_bytes(), request.notification_id.as_bytes()) {
            Ok(())
        } else {
            Err(NotificationError::Refused(NotificationErrorCode::InvalidNotificationId))
        }
    }

    /// Follows from the reference, so it is stored nowhere and the same again for a repeated answer.
    pub(crate) fn notification_id(&self, reference: &Reference) -> String {
        self.keys.secret.derive("notification", reference.as_str())
    }
}

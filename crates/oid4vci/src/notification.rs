use portage_strict_json::Limits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    NotificationErrorCode,
    message::{read, write},
};

/// A Notification Request (§11.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationRequest {
    /// `notification_id` of the Credential Response.
    pub notification_id: String,
    /// What happened to the credentials of that response, all of them.
    pub event: NotificationEvent,
    /// For a developer's eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_description: Option<String>,
}

/// `event`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationEvent {
    /// Stored in the wallet.
    CredentialAccepted,
    /// Not stored, for any other cause.
    CredentialFailure,
    /// Not stored, because the person did not want it.
    CredentialDeleted,
}

impl NotificationRequest {
    /// Reads the JSON of a request.
    ///
    /// # Errors
    /// [`NotificationErrorCode::InvalidNotificationRequest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotificationErrorCode> {
        read(bytes, Limits::METADATA, "not a Notification Request")
            .map_err(|_| NotificationErrorCode::InvalidNotificationRequest)
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        write(self)
    }
}

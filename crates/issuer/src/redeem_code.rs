use jiff::{SignedDuration, Timestamp};
use portage_oid4vci::{AccessToken, TokenErrorCode, TokenRequest, TokenResponse};

use crate::{
    AssertionUse, ClientRefusal, IssuanceStore, Issuer, Redeemed, Redemption, StoreFailure, one_time::Kind,
};

/// How long an access token lives.
pub(crate) const TOKEN_LIFE: SignedDuration = SignedDuration::from_secs(300);

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedeemError {
    /// The request is refused.
    #[error("{0}")]
    Refused(TokenErrorCode),
    /// The client is refused: `invalid_client`.
    #[error(transparent)]
    Client(#[from] ClientRefusal),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl<S: IssuanceStore> Issuer<S> {
    /// Makes an access token of a pre-authorized code (§6), once. A client that is refused leaves the code as it was.
    ///
    /// # Errors
    /// [`RedeemError`]. `invalid_client`: who asks is not who may, or did not prove it. `invalid_request`: a `tx_code` missing or not asked for. `invalid_grant`: all the rest, told apart for nobody.
    pub async fn redeem_code(
        &self,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<TokenResponse, RedeemError> {
        let client_assertion = self.authenticate_client(request, now)?;
        let code = self.keys.secret.hash(Kind::Code, request.pre_authorized_code.expose());
        let reference = self.store.reference_of_code(code).await?;
        // With a code that is unknown nothing is written for a stranger, but an assertion is consumed.
        if reference.is_none() && client_assertion.is_none() {
            return Err(RedeemError::Refused(TokenErrorCode::InvalidGrant));
        }
        let token = AccessToken::new(self.entropy.token());
        let redemption = Redemption {
            code,
            tx_code: reference
                .zip(request.tx_code.as_ref())
                .map(|(reference, tx_code)| self.tx_code_hash(&reference, tx_code)),
            token: self.keys.secret.hash(Kind::AccessToken, token.expose()),
            token_until: now.checked_add(TOKEN_LIFE).unwrap_or(Timestamp::MAX),
            client_assertion: client_assertion.map(|assertion| AssertionUse {
                jti: self.jti_hash(assertion.client_id(), assertion.jti()),
                until: assertion.until(),
            }),
            now,
        };
        match self.store.redeem(redemption).await? {
            Redeemed::Token => Ok(TokenResponse::bearer(token, TOKEN_LIFE.as_secs().unsigned_abs())),
            Redeemed::TxCodeMissing | Redeemed::TxCodeUnexpected => {
                Err(RedeemError::Refused(TokenErrorCode::InvalidRequest))
            }
            Redeemed::AssertionUsed => Err(RedeemError::Client(ClientRefusal::Replayed)),
            Redeemed::Refused => Err(RedeemError::Refused(TokenErrorCode::InvalidGrant)),
        }
    }
}

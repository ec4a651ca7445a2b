/// What a one-time value of an issuer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OfferLink,
    Code,
    TxCode,
    AccessToken,
    CNonce,
    HolderKey,
    Content,
    ClientAssertion,
}

impl portage_keys::one_time::Kind for Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::OfferLink => "offer_link",
            Kind::Code => "code",
            Kind::TxCode => "tx_code",
            Kind::AccessToken => "access_token",
            Kind::CNonce => "c_nonce",
            Kind::HolderKey => "holder_key",
            Kind::Content => "content",
            Kind::ClientAssertion => "client_assertion",
        }
    }
}

use portage_storage::wallet::SealedWallet;
use portage_wallet::{Settings, ports::WalletStore};
use serde_json::json;

use crate::{args::InitArgs, context::Context, refusal::Refusal};

/// `wallet init`.
pub(crate) fn init(args: InitArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let settings = Settings::new(args.allow, args.demo)
        .map_err(|_| Refusal::usage(context.words("wallet.not_loopback", &[])))?
        .of_haip(args.haip);
    let path = context.wallet_file()?;
    let shown = path.display().to_string();
    if std::fs::symlink_metadata(&path).is_ok() {
        return Err(Refusal::usage(context.words("wallet.exists", &[("path", &shown)])));
    }
    let prompt = context.words("wallet.new_passphrase", &[]);
    let passphrase = context.new_passphrase(context.passphrase_file().as_deref(), &prompt)?;
    let surroundings = context.surroundings;
    let store = SealedWallet::create(&path, &passphrase, surroundings.kdf, surroundings.entropy.clone())
        .map_err(|error| context.file_refusal(&error))?;
    store.commit(settings.to_batch()).map_err(|failure| context.store_refusal(&failure))?;
    let lines = [
        context.words("wallet.created", &[("path", &shown)]),
        context.words("wallet.no_recovery", &[]),
        context.words("wallet.trust_first", &[]),
    ];
    context.answer(
        &lines,
        &json!({ "wallet": shown, "demo": settings.demo, "haip": settings.haip, "allow": settings.allow }),
    );
    Ok(())
}

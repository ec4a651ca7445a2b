use portage_storage::vault_file::{VaultFileError, write_new};
use portage_wallet::BackupError;
use serde_json::json;

use crate::{
    args::ExportArgs,
    context::{Context, with_causes},
    refusal::Refusal,
};

/// `wallet export`.
pub(crate) fn export(args: &ExportArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let path = args.file.display().to_string();
    if std::fs::symlink_metadata(&args.file).is_ok() {
        return Err(Refusal::usage(context.words("wallet.file_exists", &[("path", &path)])));
    }
    let session = context.open()?;
    let prompt = context.words("wallet.export_passphrase", &[]);
    let passphrase = context.new_passphrase(args.export_passphrase_file.as_deref(), &prompt)?;
    let surroundings = context.surroundings;
    let entropy = surroundings.entropy.as_ref();
    let copy = portage_wallet::export(&session.store, &passphrase, surroundings.kdf, context.now(), entropy);
    let copy = copy.map_err(|error| refusal(&error, context))?;
    write_new(&args.file, &copy).map_err(|error| match error {
        VaultFileError::Exists(_) => Refusal::usage(context.words("wallet.file_exists", &[("path", &path)])),
        other => Refusal::fault(with_causes(&other)),
    })?;
    let lines = [context.words("wallet.exported", &[("path", &path)])];
    context.answer(&lines, &json!({ "exported": path }));
    Ok(())
}

/// `wallet import`.
pub(crate) fn import(args: &ExportArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let copy = std::fs::read(&args.file)
        .map_err(|error| Refusal::usage(format!("{}: {error}", args.file.display())))?;
    let session = context.open()?;
    let prompt = context.words("wallet.import_passphrase", &[]);
    let passphrase = context.passphrase(args.export_passphrase_file.as_deref(), &prompt)?;
    let entropy = context.surroundings.entropy.as_ref();
    let done = portage_wallet::import(&session.store, &copy, &passphrase, context.now(), entropy);
    let done = done.map_err(|error| refusal(&error, context))?;
    let (added, kept, deleted) = (done.added.to_string(), done.kept.to_string(), done.deleted.to_string());
    let mut lines = vec![context.words("wallet.imported", &[("added", &added), ("kept", &kept)])];
    if done.deleted > 0 {
        lines.push(context.words("wallet.import_deleted", &[("deleted", &deleted)]));
    }
    let object =
        json!({ "added": done.added, "kept": done.kept, "deleted": done.deleted, "events": done.events });
    context.answer(&lines, &object);
    Ok(())
}

fn refusal(error: &BackupError, context: &Context<'_, '_>) -> Refusal {
    match error.reason() {
        Some(reason) => context.refusal(reason),
        None => Refusal::fault(with_causes(error)),
    }
}

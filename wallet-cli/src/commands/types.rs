use portage_catalog::{CredentialType, plain};
use portage_reason::Reason;
use portage_storage::catalog_folder::{CatalogFolderError, type_folder};
use portage_wallet::{
    AddTypeError, StoredCredential, TypeAdded, add_type, added_types, check_type, credentials, remove_type,
};
use serde_json::{Value, json};

use crate::{
    args::{TypeAddArgs, TypeCommand, TypeRemoveArgs},
    context::{Context, with_causes},
    refusal::Refusal,
    ui,
};

/// `wallet type`.
pub(crate) fn types(command: TypeCommand, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    match command {
        TypeCommand::Add(args) => add(&args, context),
        TypeCommand::List => list(context),
        TypeCommand::Remove(args) => remove(&args, context),
    }
}

/// What it is called and what its credentials say; yes; kept.
fn add(args: &TypeAddArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let (id, files) = type_folder(&args.folder).map_err(|error| folder_refusal(&error, context))?;
    let session = context.open()?;
    let (catalog, _) =
        check_type(&context.catalog, &id, &files).map_err(|error| add_refusal(&error, context))?;
    if let Some(credential_type) = catalog.credential_type(&id) {
        let lines = preview(credential_type, context);
        context.show(&lines);
    }
    let question = context.words("wallet.type_question", &[]);
    if !context.agrees(args.yes, &question)? {
        return Err(Refusal::no(context.words("wallet.type_not_added", &[])));
    }
    let (now, entropy) = (context.now(), context.surroundings.entropy.as_ref());
    let added = add_type(&session.store, &mut context.catalog, &id, &files, now, entropy)
        .map_err(|error| add_refusal(&error, context))?;
    let (key, word) = match added {
        TypeAdded::New => ("wallet.type_added", "new"),
        TypeAdded::Replaced => ("wallet.type_replaced", "replaced"),
        TypeAdded::Unchanged => ("wallet.type_unchanged", "unchanged"),
    };
    let name = catalog.credential_type(&id).map(|known| ui::named(&known.name, context.language));
    let lines = [context.words(key, &[("type", &name.unwrap_or_default()), ("id", &id)])];
    context.answer(&lines, &json!({ "type": id, "added": word }));
    Ok(())
}

/// What a person will read of it, and under which names it goes: whoever made it may say anything.
fn preview(credential_type: &CredentialType, context: &Context<'_, '_>) -> Vec<String> {
    let language = context.language;
    let mut lines = vec![
        ui::named(&credential_type.name, language),
        credential_type.description.in_words_up_to(language, 1000),
        context.words("offer.claims", &[]),
    ];
    let label = |claim: &portage_catalog::ClaimDefinition| format!("  {}", ui::named(&claim.label, language));
    lines.extend(credential_type.claims.iter().map(label));
    lines.push(context.words("wallet.type_names", &[("vct", &plain(&credential_type.vct))]));
    lines.push(context.words("wallet.type_trust", &[]));
    lines
}

fn list(context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let added = added_types(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    let object = |credential_type: &CredentialType| {
        json!({
            "type": credential_type.id,
            "name": credential_type.name,
            "vct": credential_type.vct,
            "added": added.contains(&credential_type.id),
        })
    };
    let objects: Vec<Value> = context.catalog.types().map(object).collect();
    if context.is_json() {
        for object in &objects {
            context.answer(&[], object);
        }
        return Ok(());
    }
    let row = |credential_type: &CredentialType| {
        let from = if added.contains(&credential_type.id) { "wallet.type_yours" } else { "wallet.type_box" };
        [
            credential_type.id.clone(),
            ui::named(&credential_type.name, context.language),
            context.words(from, &[]),
        ]
    };
    let header = ["wallet.column_id", "wallet.column_what", "wallet.column_type_from"]
        .map(|key| context.words(key, &[]));
    let table = ui::table::rows(header, context.catalog.types().map(row).collect());
    context.print(&[table]);
    Ok(())
}

/// Its credentials stay, and those that need it can no longer be shown: that is said before.
fn remove(args: &TypeRemoveArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    let id = plain(&args.id);
    let added = added_types(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    if !added.contains(&args.id) {
        return Err(Refusal::usage(context.words("wallet.no_type", &[("id", &id)])));
    }
    let held = credentials(&session.store).map_err(|failure| context.store_refusal(&failure))?;
    let is_of_it =
        |held: &&StoredCredential| held.definition(&context.catalog).is_some_and(|known| known.id == args.id);
    let held = held.iter().filter(is_of_it).count();
    let count = held.to_string();
    let question = context.words("wallet.type_remove_question", &[("id", &id), ("held", &count)]);
    if !context.agrees(args.yes, &question)? {
        return Err(Refusal::no(context.words("wallet.type_not_removed", &[])));
    }
    let (now, entropy) = (context.now(), context.surroundings.entropy.as_ref());
    remove_type(&session.store, &context.catalog, &args.id, now, entropy)
        .map_err(|failure| context.store_refusal(&failure))?;
    let lines = [context.words("wallet.type_removed", &[("id", &id)])];
    context.answer(&lines, &json!({ "removed": args.id, "held": held }));
    Ok(())
}

fn add_refusal(error: &AddTypeError, context: &Context<'_, '_>) -> Refusal {
    let key = match error {
        AddTypeError::Store(failure) => return context.store_refusal(failure),
        AddTypeError::Invalid(error) => {
            let what = plain(&error.to_string());
            let sentence = context.words("wallet.type_invalid", &[("what", &what)]);
            return Refusal::in_words(error.reason(), vec![sentence]);
        }
        AddTypeError::InTheBox(_) => "wallet.type_in_the_box",
        AddTypeError::Changed(_) => "wallet.type_changed",
    };
    let (AddTypeError::InTheBox(id) | AddTypeError::Changed(id)) = error else {
        return Refusal::fault(error.to_string());
    };
    let sentence = context.words(key, &[("id", &plain(id))]);
    Refusal::in_words(error.reason().unwrap_or(Reason::Malformed), vec![sentence])
}

fn folder_refusal(error: &CatalogFolderError, context: &Context<'_, '_>) -> Refusal {
    match error {
        CatalogFolderError::Unreadable(path, _) => {
            let path = plain(&path.display().to_string());
            Refusal::usage(context.words("wallet.type_no_folder", &[("path", &path)]))
        }
        CatalogFolderError::TooLarge(_) => context.refusal(Reason::TooLarge),
        CatalogFolderError::Invalid(_) => Refusal::fault(with_causes(error)),
    }
}

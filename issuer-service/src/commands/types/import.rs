//! `issuer type import`: a published bundle becomes a type in the folder `types/`.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use portage_catalog::{
    Catalog, CredentialType, Language, Logo, MAX_LOGO_BYTES, TypeDraft, is_id, message, message_for_count,
};
use portage_oca::{Bundle, Imported, LeftOut, Options};
use portage_reason::Reason;
use portage_service::{ExitCode, output};
use portage_storage::type_folder::{Existing, TypeFolderError, write_type};
use portage_web::language_of_terminal;
use serde_json::{Value, json};
use url::Url;

use super::CommandError;
use crate::{
    args::{Common, TypeImportArgs},
    config::{self, Config},
    wiring,
};

/// The longest file that is read at all; what is longer than a bundle may be is refused by the bundle's own limit.
const MAX_FILE_BYTES: usize = 2 << 20;

/// Reads the bundle, makes the type, checks it as every type is checked, and only then writes: nothing is kept of what is refused.
pub(super) fn import(
    args: &TypeImportArgs,
    config: &Config,
    common: &Common,
) -> Result<ExitCode, CommandError> {
    let catalog = wiring::catalog(&config.types_folder)?;
    let Imported { mut draft, left_out } = draft(args, config)?;
    let taken = pass_by_the_box(&mut draft, args, config);
    let files = match catalog.credential_type(&draft.id) {
        Some(existing) => draft.files_replacing(existing),
        None => draft.files(),
    };
    let mut with_new = catalog.clone();
    with_new.add_type(&draft.id, &files).map_err(|error| {
        CommandError::Refused(error.reason(), format!("{}: {error}", args.bundle.display()))
    })?;
    let credential_type = super::find(&with_new, &draft.id)?;
    let offered = if args.keep_config { None } else { config::offering(&common.dir, &draft.id) };

    let existing = if args.replace { Existing::Replace } else { Existing::Keep };
    write_type(&config.types_folder, &draft.id, &files, existing).map_err(|error| match error {
        TypeFolderError::Exists => CommandError::Usage(format!(
            "there is a type {} in {} already; --replace puts this one in its place, --id gives it another id",
            draft.id,
            config.types_folder.display()
        )),
        error => CommandError::Fault(format!("{}: {error}", config.types_folder.display())),
    })?;
    let is_offered = config.types.contains(&draft.id);
    let now_offered = match offered {
        Some(text) if !is_offered => {
            config::write(&common.dir, &text).map_err(CommandError::fault).map(|()| true)?
        }
        _ => false,
    };
    let told =
        Told { credential_type, left_out: &left_out, taken: taken.as_deref(), is_offered, now_offered };
    if common.json {
        output::json_line(&told.object(&config.types_folder))?;
    } else {
        told.lines(language_of_terminal(), config).iter().try_for_each(|line| output::line(line))?;
    }
    Ok(ExitCode::Done)
}

fn draft(args: &TypeImportArgs, config: &Config) -> Result<Imported, CommandError> {
    if let Some(id) = args.id.as_deref().filter(|id| !is_id(id)) {
        let what = format!(
            "--id: {} is none: small letters, digits and hyphens",
            portage_catalog::plain_up_to(id, 64)
        );
        return Err(CommandError::Usage(what));
    }
    let bytes = read(&args.bundle, MAX_FILE_BYTES)?;
    let logo = args.logo.as_ref().map(|path| read_logo(path)).transpose()?;
    let options = Options {
        id: args.id.clone(),
        name: args.bundle.file_stem().map(|stem| words(&stem.to_string_lossy())),
        address: address(args.address.as_ref(), &config.url)?,
        time_zone: args.time_zone.clone(),
        logo,
    };
    Bundle::read(&bytes)
        .and_then(|bundle| bundle.draft(&options))
        .map_err(|error| CommandError::Refused(error.reason(), format!("{}: {error}", args.bundle.display())))
}

fn read_logo(path: &Path) -> Result<Logo, CommandError> {
    Logo::read(&read(path, MAX_LOGO_BYTES)?).map_err(|error| {
        CommandError::Refused(error.reason(), format!("--logo: {}: {error}", path.display()))
    })
}

/// Up to one byte more than the limit, which whoever reads them then finds to be too much.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, CommandError> {
    let fault = |error| CommandError::Fault(format!("{} could not be read: {error}", path.display()));
    let mut bytes = Vec::new();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(fault)?;
    Ok(bytes)
}

/// `library-card` → `Library card`.
fn words(stem: &str) -> String {
    let words = stem.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default()
        + letters.as_str()
}

/// Where the names for machines stand: the address that was given, else the issuer's own. Of a demonstration on this machine too they are
/// written with `https`: they are names, and nothing is fetched from them.
fn address(given: Option<&Url>, issuer: &Url) -> Result<String, CommandError> {
    let url = given.unwrap_or(issuer);
    let is_plain =
        url.has_host() && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !is_plain || (given.is_some() && url.scheme() != "https") {
        return Err(CommandError::Usage("--address: an https URL without query and fragment".to_owned()));
    }
    let text = url.as_str().trim_end_matches('/');
    Ok(text.strip_prefix("http://").map_or_else(|| text.to_owned(), |rest| format!("https://{rest}")))
}

/// A type of the box is not replaced by one that merely has its name: the new one gets a number. Gives the id that was taken.
fn pass_by_the_box(draft: &mut TypeDraft, args: &TypeImportArgs, config: &Config) -> Option<String> {
    let in_box = Catalog::bundled();
    if args.id.is_some()
        || in_box.credential_type(&draft.id).is_none()
        || config.types_folder.join(&draft.id).exists()
    {
        return None;
    }
    let taken = draft.id.clone();
    let free =
        (2..).map(|number| format!("{taken}-{number}")).find(|id| in_box.credential_type(id).is_none());
    draft.id = free.unwrap_or_else(|| taken.clone());
    Some(taken)
}

/// What the clerk is told at the end.
struct Told<'a> {
    credential_type: &'a CredentialType,
    left_out: &'a [LeftOut],
    /// The id that a type of the box has.
    taken: Option<&'a str>,
    is_offered: bool,
    now_offered: bool,
}

impl Told<'_> {
    fn lines(&self, language: Language, config: &Config) -> Vec<String> {
        let CredentialType { id, name, claims, last_day, .. } = self.credential_type;
        let say = |key: &str, values: &[(&str, &str)]| message(key, language, values);
        let name = name.in_words(language);
        let formats = super::formats(self.credential_type).join(", ");
        let count = u64::try_from(claims.len()).unwrap_or(u64::MAX);
        let values = [("id", id.as_str()), ("name", &name), ("formats", &formats)];
        let mut lines = vec![message_for_count("issuer.imported", count, language, &values)];
        lines.extend(self.taken.map(|taken| say("issuer.import_id_taken", &[("id", id), ("taken", taken)])));
        lines.extend(last_day.as_ref().map(|day| {
            let zone = day.time_zone.iana_name().unwrap_or("UTC");
            say("issuer.import_last_day", &[("claim", &day.claim), ("zone", zone)])
        }));
        lines.extend(self.left_out.iter().map(|left_out| match left_out {
            LeftOut::RemoteLogo => say("issuer.import_remote_logo", &[]),
            LeftOut::Logo(reason) => say("issuer.import_unfit_logo", &[("reason", reason.name())]),
            LeftOut::Language(language) => say("issuer.import_language", &[("language", language)]),
            LeftOut::EnglishName => say("issuer.import_no_english_name", &[("name", &name)]),
        }));
        let without_french = self.without_french();
        if without_french > 0 {
            lines.push(message_for_count("issuer.import_no_french", without_french, language, &[("id", id)]));
        }
        lines.push(match (self.is_offered, self.now_offered) {
            (_, true) => say("issuer.import_offered", &[("file", config::FILE), ("id", id)]),
            (true, false) => say("issuer.import_offered_before", &[("id", id)]),
            (false, false) => {
                let types: Vec<String> = config.types.iter().chain([id]).cloned().collect();
                let line = format!("types = {}", toml::Value::from(types));
                say("issuer.import_offer_it", &[("file", config::FILE), ("line", &line)])
            }
        });
        lines.push(say("issuer.import_look", &[("id", id)]));
        lines
    }

    fn object(&self, folder: &Path) -> Value {
        let CredentialType { id, claims, vct, type_iri, context_url, .. } = self.credential_type;
        let folder: PathBuf = folder.join(id);
        let mut object = super::description(self.credential_type);
        let further = json!({
            "vct": vct,
            "type_iri": type_iri,
            "context": context_url,
            "kinds": claims.iter().map(|claim| (claim.name.clone(), json!(claim.kind))).collect::<serde_json::Map<_, _>>(),
            "folder": folder.display().to_string(),
            "logo": self.credential_type.logo.as_ref().map(|logo| logo.media_type().name()),
            "left_out": self.left_out.iter().map(left_out_object).collect::<Value>(),
            "without_french": self.without_french(),
            "offered": self.is_offered || self.now_offered,
        });
        if let (Some(object), Value::Object(further)) = (object.as_object_mut(), further) {
            object.extend(further);
        }
        object
    }

    fn without_french(&self) -> u64 {
        let missing =
            self.credential_type.findings().iter().filter(|finding| finding.name() == "no_french").count();
        u64::try_from(missing).unwrap_or(u64::MAX)
    }
}

fn left_out_object(left_out: &LeftOut) -> Value {
    match left_out {
        LeftOut::RemoteLogo => json!({ "what": "logo", "reason": Reason::AddressNotAllowed }),
        LeftOut::Logo(reason) => json!({ "what": "logo", "reason": reason }),
        LeftOut::Language(language) => json!({ "what": "language", "language": language }),
        LeftOut::EnglishName => json!({ "what": "english_name" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_machines_stand_under_the_issuer_or_where_it_says() {
        let url = |text: &str| Url::parse(text).unwrap();
        let of = |given: Option<&str>, issuer: &str| address(given.map(url).as_ref(), &url(issuer)).ok();
        assert_eq!(of(None, "https://city.example").as_deref(), Some("https://city.example"));
        assert_eq!(of(None, "http://localhost:8081").as_deref(), Some("https://localhost:8081"));
        assert_eq!(
            of(Some("https://names.example/id/"), "https://city.example").as_deref(),
            Some("https://names.example/id")
        );
        for wrong in [
            "http://names.example",
            "https://names.example/?q",
            "https://names.example/#a",
            "mailto:a@b.example",
        ] {
            assert_eq!(of(Some(wrong), "https://city.example"), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_without_a_name_in_it_is_called_by_its_own() {
        assert_eq!(words("library-card"), "Library card");
        assert_eq!(words("été_2025"), "Été 2025");
        assert_eq!(words(""), "");
    }
}

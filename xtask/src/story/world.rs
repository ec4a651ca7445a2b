//! The parties of the story, started and stopped.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    PURPOSE, PURPOSE_OF_OTHER_FORMS, Plot, learned,
    party::{Program, Service, StoryClock},
};

/// Three issuers, one verifier, one wallet, in one temporary folder.
pub struct World {
    /// The Province: Person.
    pub(crate) province: Service,
    /// The federal tier: Operator Card.
    pub(crate) federal: Service,
    /// The City: Business Licence.
    pub(crate) city: Service,
    /// The service that grants vendor permits.
    pub(crate) market: Service,
    /// The citizen's wallet.
    pub(crate) wallet: Program,
    folder: TempDir,
}

impl World {
    /// Makes the five parties, tells them whom to trust, and starts the services.
    pub(crate) async fn start(programs: &Path, plot: &Plot) -> Result<Self> {
        let clock = plot.clock.map(StoryClock::starting_at);
        // Both TLS stacks of the tree are possible providers; a demo on loopback uses neither, but the client wants one named.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("portage-demo-").tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let issuer = |name: &str| Program::new(programs, "issuer", at(name), clock);
        let province = Service::init(issuer("province")?, &[]).await?;
        let federal = Service::init(issuer("federal")?, &[]).await?;
        let city = Service::init(issuer("city")?, &[]).await?;
        let issuers = [province.url(), federal.url(), city.url()].map(str::to_owned);

        let verifier = Program::new(programs, "verifier", at("market"), clock)?;
        let mut allow = vec!["--allow"];
        allow.extend(issuers.iter().map(String::as_str));
        let market = Service::init(verifier, &allow).await?;

        let passphrase = at("passphrase");
        std::fs::write(&passphrase, "correct horse battery staple\n")?;
        let wallet = Program::new(programs, "wallet", at("wallet"), clock)?.with_passphrase(passphrase);

        let mut world = World { province, federal, city, market, wallet, folder };
        world.share_trust(&issuers).await?;
        if plot.other_forms {
            world.use_other_forms()?;
        }
        for service in world.services_mut() {
            service.serve().await?;
        }
        Ok(world)
    }

    /// Writes `trust.json` for the verifier and gives it to the wallet.
    async fn share_trust(&self, issuers: &[String]) -> Result<()> {
        let name = |en: &str, fr: &str| json!({"en": en, "fr": fr});
        let trust = json!({
            "issuers": [
                {"id": self.province.id, "name": name("Province of British Columbia", "Province de la Colombie-Britannique"),
                 "tier": "provincial", "types": ["person"]},
                {"id": self.federal.id, "name": name("Transport Canada", "Transports Canada"),
                 "tier": "federal", "types": ["operator-card"]},
                {"id": self.city.id, "name": name("City of Vancouver", "Ville de Vancouver"),
                 "tier": "municipal", "types": ["business-licence"]},
            ],
            "verifiers": [
                {"id": self.market.id, "name": name("Harbour Market", "Marché du port"), "purposes": [PURPOSE, PURPOSE_OF_OTHER_FORMS]},
            ],
        });
        let text = serde_json::to_vec_pretty(&trust)?;
        std::fs::write(self.market.program.folder.join("trust.json"), &text)?;
        let file = self.folder.path().join("trust.json");
        std::fs::write(&file, &text)?;

        let mut arguments = vec!["init", "--demo", "--allow"];
        arguments.extend(issuers.iter().map(String::as_str));
        arguments.push(self.market.url());
        self.wallet.lines(&arguments).await?;
        let file = file.to_str().context("a temporary folder with a UTF-8 name")?;
        self.wallet.lines(&["trust", "import", file]).await?;
        Ok(())
    }

    /// The card under the other cryptosuite, and the market's purpose asking for the licence as `vc+jwt`.
    fn use_other_forms(&self) -> Result<()> {
        let config = self.federal.program.folder.join("issuer.toml");
        let text = std::fs::read_to_string(&config)?;
        let (before, after) = ("data_integrity = \"eddsa-rdfc-2022\"", "data_integrity = \"eddsa-jcs-2022\"");
        ensure!(text.contains(before), "issuer.toml names the cryptosuite");
        std::fs::write(&config, text.replace(before, after))?;

        let purpose = include_str!("../../../specs/purposes/market-vendor-permit.json");
        let (before, after) = ("\"format\": \"vc+sd-jwt\"", "\"format\": \"vc+jwt\"");
        ensure!(purpose.contains(before), "the purpose asks for a licence as vc+sd-jwt");
        let purpose = purpose.replace(PURPOSE, PURPOSE_OF_OTHER_FORMS);
        let folder = self.market.program.folder.join("purposes");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(
            folder.join(format!("{PURPOSE_OF_OTHER_FORMS}.json")),
            purpose.replace(before, after),
        )?;
        Ok(())
    }

    fn services_mut(&mut self) -> [&mut Service; 4] {
        [&mut self.province, &mut self.federal, &mut self.city, &mut self.market]
    }

    /// What each party learned from the messages since the last call: `"<party>: <fact>"`.
    pub(crate) fn learned(&self) -> Vec<String> {
        let mut told = Vec::new();
        for (name, service) in self.named() {
            let exchanges = service.take_exchanges();
            told.extend(learned::by_wallet(&exchanges).into_iter().map(|fact| format!("the wallet: {fact}")));
            told.extend(learned::by_service(&exchanges).into_iter().map(|fact| format!("{name}: {fact}")));
        }
        told
    }

    fn named(&self) -> [(&'static str, &Service); 4] {
        [
            ("the Province", &self.province),
            ("the federal tier", &self.federal),
            ("the City", &self.city),
            ("the market", &self.market),
        ]
    }

    /// `[{"who","url"}]`.
    pub fn services(&self) -> Value {
        self.named().iter().map(|(who, service)| json!({"who": who, "url": service.url()})).collect()
    }

    /// The folder of each party: its configuration, keys and store. For a test that searches them.
    pub fn folders(&self) -> Vec<(&'static str, PathBuf)> {
        let mut folders: Vec<_> =
            self.named().iter().map(|(who, service)| (*who, service.program.folder.clone())).collect();
        folders.push(("the wallet", self.wallet.folder.clone()));
        folders
    }

    /// What to type next, for `--keep`.
    pub fn commands_to_try(&self) -> Vec<String> {
        let mut lines = vec!["The services are running:".to_owned()];
        lines.extend(self.named().iter().map(|(who, service)| format!("  {who}: {}", service.url())));
        let wallet = self.wallet.command_line();
        lines.push("Try, in another terminal:".to_owned());
        lines.push(format!("  {wallet} list"));
        lines.push(format!("  {wallet} history"));
        lines.push(format!("  {} request --purpose {PURPOSE}", self.market.program.command_line()));
        lines.push(format!("  {wallet} review '<the request_uri it prints>'"));
        lines.push("Ctrl-C stops them and removes everything.".to_owned());
        lines
    }

    /// Stops the services and removes the folder.
    ///
    /// # Errors
    /// A service that did not stop by itself.
    pub async fn stop(mut self) -> Result<()> {
        for service in self.services_mut() {
            service.stop().await?;
        }
        self.folder.close().context("removing the temporary folder")
    }
}

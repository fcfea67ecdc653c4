//! Switching the model while the daemon runs: the cards beside the configured one, the sessions'
//! detectors opened anew, the choice written down before it takes effect.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use chrono::Utc;
use tokio::runtime::Handle;

use super::{
    detector::{self, Memory, Opened, Purpose},
    words::in_one_line,
};
use crate::{
    base::WallTime,
    detect::{CardError, ModelCard, Options, Place, ProviderUsed},
    runtime::{
        events::{ModelSwitched, SessionMoved, SessionOpened, SessionStranded},
        health::Health,
        inference::{Loaded, NextModel, Spare},
    },
    settings::Settings,
    store::{ModelChoice, Store, StoreError},
    web::{ModelSwitch, ModelView, SwitchFault},
};

/// The file every model's folder has.
const CARD: &str = "model.toml";

/// What looks now, and what looked before.
struct Active {
    name: String,
    previous: Option<String>,
}

/// The daemon's models.
pub(super) struct Models {
    settings: Settings,
    store: Store,
    health: Health,
    handle: Handle,
    sessions: Vec<NextModel>,
    configured: String,
    active: Mutex<Active>,
}

/// The folder of a card: the name it goes by.
pub(super) fn name_of(card: &Path) -> String {
    let folder = card.parent().and_then(Path::file_name);
    folder.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The card of the model `name` beside the configured one.
fn card_of(options: &Options, name: &str) -> Option<PathBuf> {
    let models = options.card.parent()?.parent()?;
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    plain.then(|| models.join(name).join(CARD)).filter(|card| card.is_file())
}

/// The model that looked before the last of `choices` (newest first), which were made while the
/// settings named `configured`.
fn before_last(choices: &[ModelChoice], configured: &str) -> Option<String> {
    let last = &choices.first()?.name;
    let names = choices.iter().map(|choice| choice.name.as_str()).chain([configured]);
    names.into_iter().find(|name| name != last).map(str::to_owned)
}

/// The model a person switched to last, put into `settings` before anything is opened or made; gives
/// the one that looked before it. A choice that can no longer be opened is named and the configured
/// model used.
pub(super) async fn take_up_choice(settings: &mut Settings) -> anyhow::Result<Option<String>> {
    let store = match Store::look(&settings.data).await {
        Err(StoreError::NoDatabase(_)) => return Ok(None),
        store => store?,
    };
    let configured = name_of(&settings.detect.card);
    let choices = store.model_choices(&configured).await;
    store.close().await;
    let choices = choices?;
    let Some(choice) = choices.first() else { return Ok(None) };
    let usable = card_of(&settings.detect, &choice.name)
        .context("its card is gone")
        .and_then(|card| Ok((ModelCard::load(&card)?, card)))
        .and_then(|(card, path)| Ok((settings.fit(&card)?, path)));
    match usable {
        Ok(((), card)) => {
            tracing::info!(model = choice.name, by = choice.by, at = %choice.at, "chosen model taken up");
            settings.detect.card = card;
            Ok(before_last(&choices, &configured))
        }
        Err(error) => {
            let why = format!("{error:#}");
            tracing::warn!(
                model = choice.name,
                why,
                "chosen model refused; the configured one is used"
            );
            Ok(None)
        }
    }
}

/// A detector a session, all of the same card.
///
/// # Errors
/// When the card, the library or the model cannot be used.
pub(super) fn open_sessions(options: &Options) -> anyhow::Result<(Vec<Loaded>, ModelCard)> {
    let mut sessions = Vec::new();
    let mut model = None;
    let memory = Memory::new(options);
    for session in 0..options.sessions.max(1) {
        let (loaded, card, provider) = open_one(options.of_session(session), memory.clone())?;
        SessionOpened { provider: &provider, model: card.name() }.emit();
        sessions.push(loaded);
        model = Some(card);
    }
    Ok((sessions, model.context("no inference session")?))
}

/// One session's detector, which knows where to go on should it fail.
fn open_one(options: Options, memory: Memory) -> anyhow::Result<(Loaded, ModelCard, ProviderUsed)> {
    let purpose = Purpose::Cameras(memory.clone());
    let Opened { detector, card, provider, .. } = detector::open(&options, purpose)?;
    let model = Arc::from(format!("{} {}", card.name(), card.version()));
    let rest = Options { given_up: options.given_up + provider.tried + 1, ..options };
    let is_last = rest.places().next().is_none();
    let spare = (!is_last).then(|| spare(rest, memory, provider.place()));
    Ok((Loaded { detector, model, spare }, card, provider))
}

/// Opens what `rest` says, after a detector failed at `from`.
fn spare(rest: Options, memory: Memory, from: Place) -> Spare {
    Box::new(move |why| match open_one(rest, memory) {
        Ok((loaded, card, to)) => {
            SessionMoved { from, to: &to, model: card.name(), why }.emit();
            Some(loaded)
        }
        Err(error) => {
            SessionStranded { from, why, error: &in_one_line(&error) }.emit();
            None
        }
    })
}

impl Models {
    /// Switches `sessions`; `configured` names the model that the settings file gives, `previous`
    /// the one that looked before.
    pub fn new(
        settings: &Settings,
        configured: String,
        previous: Option<String>,
        store: &Store,
        health: &Health,
        sessions: Vec<NextModel>,
    ) -> Self {
        let active = Active { name: name_of(&settings.detect.card), previous };
        Self {
            settings: settings.clone(),
            store: store.clone(),
            health: health.clone(),
            handle: Handle::current(),
            sessions,
            configured,
            active: Mutex::new(active),
        }
    }

    fn view(&self, name: &str, active: &Active) -> Option<ModelView> {
        let card = ModelCard::load(&card_of(&self.settings.detect, name)?);
        let (fault, card) = match card {
            Ok(card) => (self.settings.fit(&card).err().map(|f| f.to_string()), Some(card)),
            // what stands among the models and is none that can look first
            Err(CardError::Kind { .. }) => return None,
            Err(error) => (Some(error.to_string()), None),
        };
        let text = |of: fn(&ModelCard) -> &str| card.as_ref().map_or("", of).to_owned();
        Some(ModelView {
            name: name.to_owned(),
            version: text(ModelCard::version),
            sha256: text(ModelCard::sha256),
            licence: text(ModelCard::licence),
            active: active.name == name,
            previous: active.previous.as_deref() == Some(name),
            fault,
        })
    }

    /// Opens the model for every session, so that none is switched unless all can be.
    fn open(&self, name: &str) -> Result<(Vec<Loaded>, ModelCard), SwitchFault> {
        let card = card_of(&self.settings.detect, name)
            .ok_or_else(|| SwitchFault::Unknown(name.to_owned()))?;
        let options = Options { card, ..self.settings.detect.clone() };
        let fits = |(sessions, card): (Vec<Loaded>, ModelCard)| {
            self.settings.fit(&card)?;
            Ok((sessions, card))
        };
        open_sessions(&options).and_then(fits).map_err(|error: anyhow::Error| {
            SwitchFault::Refused { name: name.to_owned(), reason: format!("{error:#}") }
        })
    }
}

impl ModelSwitch for Models {
    fn list(&self) -> Vec<ModelView> {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let models = self.settings.detect.card.parent().and_then(Path::parent);
        let entries = models.and_then(|folder| fs::read_dir(folder).ok());
        let mut names: Vec<String> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        names.iter().filter_map(|name| self.view(name, &active)).collect()
    }

    fn activate(&self, name: &str, by: &str) -> Result<ModelView, SwitchFault> {
        // held all along: two switches at once would leave sessions with different models
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let (loaded, card) = self.open(name)?;
        let choice = ModelChoice {
            name: name.to_owned(),
            version: card.version().to_owned(),
            sha256: card.sha256().to_owned(),
            configured: self.configured.clone(),
            by: by.to_owned(),
            at: WallTime::from(Utc::now()),
        };
        self.handle
            .block_on(self.store.choose_model(&choice))
            .map_err(|e| SwitchFault::NotStored(e.to_string()))?;
        self.sessions.iter().zip(loaded).for_each(|(session, loaded)| session.put(loaded));
        // a session takes it up before it looks, so from here on every frame shows it something new
        self.health.cameras().iter().for_each(|camera| camera.asked.look_anew());
        if active.name != name {
            let before = std::mem::replace(&mut active.name, name.to_owned());
            active.previous = Some(before);
        }
        ModelSwitched { model: name, by }.emit();
        self.view(name, &active).ok_or_else(|| SwitchFault::Unknown(name.to_owned()))
    }
}

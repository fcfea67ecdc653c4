//! Opens the detector the settings ask for, with its second look, or says why this build has none.

use anyhow::Context;

use crate::{
    detect::{
        CropModel, Detector, Doubting, FLOOR, Holder, Holding, ModelCard, Options, ProviderUsed,
        SecondCard, SecondLookChoice, SecondLooking, Standing, Tiled, Tiling, nested,
        second::Teller, shipped_second_look,
    },
    runtime::events::{LookedTwice, WeakByDoubt},
};

/// A detector and what is known of it.
pub struct Opened {
    /// Looks.
    pub detector: Box<dyn Detector>,
    /// Its card.
    pub card: ModelCard,
    /// Where it runs.
    pub provider: ProviderUsed,
    /// The card of its second look, when it has one.
    pub second_look: Option<SecondCard>,
}

impl Opened {
    /// Name and version of the second look, when it has one.
    pub fn second_look_text(&self) -> Option<String> {
        let second = self.second_look.as_ref()?;
        Some(format!("{} {}", second.name(), second.version()))
    }
}

/// What a detector is opened for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// To look at pictures and clips, each of which is a camera with a name of its own. Every frame is looked
    /// at closely.
    Pictures(Holder),
    /// To score the models: every class reports from this score on, and a second look drops nothing.
    Scores(f32),
    /// To look at cameras, which stay where they are.
    Cameras(Memory),
}

/// What is known of cameras from earlier looks, shared by all detectors that are opened with clones of it.
#[derive(Clone, Debug)]
pub struct Memory {
    standing: Standing,
    holder: Holder,
}

impl Memory {
    /// Nothing known yet.
    pub fn new(options: &Options) -> Self {
        Self { standing: Standing::new(options), holder: Holder::default() }
    }
}

/// A detector for the card of `options`.
///
/// # Errors
/// A card, the library or a model cannot be used, or this build has no inference.
pub fn open(options: &Options, purpose: Purpose) -> anyhow::Result<Opened> {
    let card = ModelCard::load(&options.card)?;
    let card = match purpose {
        Purpose::Scores(threshold) => card.with_threshold(threshold),
        Purpose::Pictures(_) | Purpose::Cameras(_) => card.with_weak_from(FLOOR),
    };
    let (holder, standing) = match purpose {
        Purpose::Scores(_) => (None, None),
        Purpose::Pictures(holder) => (Some(holder), None),
        Purpose::Cameras(Memory { holder, standing }) => (Some(holder), Some(standing)),
    };
    let (mut detector, provider) = open_card(&card, options).context("opening the detector")?;
    let whole = std::iter::once(&options.tiles).chain(options.camera_tiles.values());
    if !whole.into_iter().all(|t| *t == Tiling::WHOLE) {
        detector = Box::new(Tiled::new(detector, options));
    }
    let mut second_look = None;
    if let Some((model, second)) = open_second_look(options, &card)? {
        let tell: Teller = Box::new(|looked| LookedTwice(looked).emit());
        let mut twice = SecondLooking::new(detector, &card, model, &second, tell)?;
        if let Some(standing) = standing {
            twice = twice.recalling(standing);
        }
        if let Some(holder) = &holder {
            twice = twice.holding(holder.clone());
        }
        detector = Box::new(twice);
        let (name, version) = (second.name(), second.version());
        tracing::info!(second_look = name, version, "second look opened");
        second_look = Some(second);
    }
    if let Some(doubt) = card.nested() {
        let tell: nested::Teller = Box::new(|doubted| WeakByDoubt(doubted).emit());
        detector = Box::new(Doubting::new(detector, doubt.clone(), &card, tell));
    }
    if let Some(holder) = holder {
        detector = Box::new(Holding::new(detector, holder));
    }
    Ok(Opened { detector, card, provider, second_look })
}

/// The model of the second look that `options` ask for, if any, which must fit `detector`. Nobody asked
/// for the shipped one, so it is left out where the detector was not measured with it.
///
/// # Errors
/// As [`open`].
pub fn open_second_look(
    options: &Options,
    detector: &ModelCard,
) -> anyhow::Result<Option<(Box<dyn CropModel>, SecondCard)>> {
    let (path, is_asked_for) = match &options.second_look {
        SecondLookChoice::Off => return Ok(None),
        SecondLookChoice::Bundled => (shipped_second_look(), false),
        SecondLookChoice::Card(path) => (Some(path.clone()), true),
    };
    let Some(path) = path else { return Ok(None) };
    let card = SecondCard::load(&path)?;
    let (second_look, model) = (card.name(), detector.name());
    if !card.is_of(detector) {
        if !is_asked_for {
            tracing::info!(second_look, model, "not used: the model was not measured with it");
            return Ok(None);
        }
        if detector.second_look().is_some() {
            tracing::warn!(second_look, model, "the model was measured with another second look");
        }
    }
    card.fit(detector)?;
    let model = open_second_card(&card, options).context("opening the second look")?;
    Ok(Some((model, card)))
}

#[cfg(feature = "onnx")]
fn open_card(
    card: &ModelCard,
    options: &Options,
) -> anyhow::Result<(Box<dyn Detector>, ProviderUsed)> {
    let (detector, used) = crate::detect::OnnxDetector::open(card, options)?;
    Ok((Box::new(detector), used))
}

#[cfg(feature = "onnx")]
fn open_second_card(card: &SecondCard, options: &Options) -> anyhow::Result<Box<dyn CropModel>> {
    Ok(Box::new(crate::detect::OnnxSecondLook::open(card, options.library.as_deref())?))
}

#[cfg(not(feature = "onnx"))]
fn open_card(
    _card: &ModelCard,
    _options: &Options,
) -> anyhow::Result<(Box<dyn Detector>, ProviderUsed)> {
    anyhow::bail!("this build has no inference: build it with the feature \"onnx\"")
}

#[cfg(not(feature = "onnx"))]
fn open_second_card(_card: &SecondCard, _options: &Options) -> anyhow::Result<Box<dyn CropModel>> {
    anyhow::bail!("this build has no inference: build it with the feature \"onnx\"")
}

#[cfg(test)]
#[cfg(feature = "onnx")]
mod tests;

//! Opens the detector the settings ask for, or says why this build has none.

use anyhow::Context;

use crate::detect::{Detector, ModelCard, Options, ProviderUsed, Tiled, Tiling};

/// A detector for the card of `options`; with `threshold`, every class reports from there on.
///
/// # Errors
/// The card, the library or the model cannot be used, or this build has no inference.
pub fn open(
    options: &Options,
    threshold: Option<f32>,
) -> anyhow::Result<(Box<dyn Detector>, ModelCard, ProviderUsed)> {
    let card = ModelCard::load(&options.card)?;
    let card = match threshold {
        Some(threshold) => card.with_threshold(threshold),
        None => card,
    };
    let (detector, used) = open_card(&card, options).context("opening the detector")?;
    let whole = std::iter::once(&options.tiles).chain(options.camera_tiles.values());
    if whole.into_iter().all(|t| *t == Tiling::WHOLE) {
        return Ok((detector, card, used));
    }
    Ok((Box::new(Tiled::new(detector, options)), card, used))
}

#[cfg(feature = "onnx")]
fn open_card(
    card: &ModelCard,
    options: &Options,
) -> anyhow::Result<(Box<dyn Detector>, ProviderUsed)> {
    let (detector, used) = crate::detect::OnnxDetector::open(card, options)?;
    Ok((Box::new(detector), used))
}

#[cfg(not(feature = "onnx"))]
fn open_card(
    _card: &ModelCard,
    _options: &Options,
) -> anyhow::Result<(Box<dyn Detector>, ProviderUsed)> {
    anyhow::bail!("this build has no inference: build it with the feature \"onnx\"")
}

//! The HTTP API under /api/v1, probes and metrics, and the embedded page.
//!
//! Not the serving of it: the caller binds a socket and gives [`router`] to axum. It reads the store and
//! what the runtime reports, decides nothing, and changes only what a person decided: reviews and
//! lifted spots. One constraint: no answer carries a camera's address or credential.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, delete, get, post},
};
use crossbeam_channel::Sender;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{base::ClassName, judge::Rule, runtime::judging::Mail, store::Store};

mod assets;
mod camera;
mod cases;
mod error;
mod evidence;
mod guard;
mod openapi;
mod models;
mod options;
mod probe;
mod request;
mod review;
mod site;
mod spots;
mod view;

pub use camera::{CameraHealth, DecodedView};
pub use models::{ModelSwitch, ModelView, SwitchFault};
pub use options::{Options, OptionsError};
pub use site::SiteInfo;

/// No right body comes near it.
const LONGEST_BODY_BYTES: usize = 16 * 1024;

/// Everything the handlers need.
#[derive(Clone)]
pub struct State {
    /// Cases, evidence, spots.
    pub store: Store,
    /// Asks the runtime how the cameras are doing.
    pub cameras: Arc<dyn Fn() -> Vec<CameraHealth> + Send + Sync>,
    /// Asks the runtime whether it can do its work; the error says why not.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Where decisions go that judging must learn of.
    pub reviews: Sender<Mail>,
    /// Switches the model.
    pub models: Arc<dyn ModelSwitch>,
    /// Renders the metrics as Prometheus text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// The rules: radius and time of rejected spots, and the classes shown.
    pub rules: Arc<BTreeMap<ClassName, Rule>>,
    /// What a caller must bring; `None` asks for nothing.
    pub token: Option<String>,
    /// Name and grids of the site.
    pub site: SiteInfo,
}

/// Method, path and handler, all from one line so that they cannot differ.
macro_rules! route {
    ($method:ident $path:literal $handler:path) => {
        (stringify!($method), $path, $method($handler) as MethodRouter<State>)
    };
}

/// Answered only to who brings the token.
fn guarded() -> Vec<(&'static str, &'static str, MethodRouter<State>)> {
    vec![
        route!(get "/api/v1/openapi.json" openapi::show),
        route!(get "/api/v1/cases" cases::list),
        route!(get "/api/v1/cases/{id}" cases::show),
        route!(get "/api/v1/cases/{id}/evidence" cases::evidence),
        route!(post "/api/v1/cases/{id}/review" review::decide),
        route!(get "/api/v1/evidence/{id}" evidence::bytes),
        route!(get "/api/v1/spots" spots::list),
        route!(delete "/api/v1/spots/{id}" spots::lift),
        route!(get "/api/v1/cameras" camera::list),
        route!(get "/api/v1/models" models::list),
        route!(post "/api/v1/models/{action}" models::activate),
        route!(get "/api/v1/precision" models::precision),
        route!(get "/api/v1/site" site::show),
        route!(get "/metrics" probe::metrics),
    ]
}

/// Answered to anyone who reaches the address.
fn open() -> Vec<(&'static str, &'static str, MethodRouter<State>)> {
    vec![route!(get "/healthz" probe::healthz), route!(get "/readyz" probe::readyz)]
}

fn mounted(routes: Vec<(&'static str, &'static str, MethodRouter<State>)>) -> Router<State> {
    routes.into_iter().fold(Router::new(), |router, (_, path, handler)| router.route(path, handler))
}

/// The whole of it, ready to be served.
pub fn router(state: State) -> Router {
    let guarded = mounted(guarded()).route_layer(from_fn_with_state(state.clone(), guard::token));
    let page =
        Router::new().route("/", get(assets::index)).route("/assets/{*path}", get(assets::asset));
    guarded
        .merge(mounted(open()))
        .merge(page)
        .fallback(async || error::ApiError::NoRoute)
        .method_not_allowed_fallback(async || error::ApiError::Method)
        .layer(DefaultBodyLimit::max(LONGEST_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), guard::site))
        .layer(from_fn(guard::headers))
        .with_state(state)
}

/// The panic itself was logged by the panic hook.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    error::ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::OpenApi as _;

    use super::*;

    #[test]
    fn the_description_lists_every_route_and_no_other() {
        let described = serde_json::to_value(openapi::Api::openapi()).unwrap();
        let described: BTreeSet<(String, String)> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().unwrap().keys().map(move |m| (m.clone(), path.clone()))
            })
            .collect();
        let served: BTreeSet<(String, String)> = guarded()
            .into_iter()
            .chain(open())
            .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
            .collect();
        assert_eq!(described, served);
    }
}

//! The daemon's composition: the only place that knows the whole chain. Built from sink to source,
//! so that each part is born holding its output; stopped from source to sink.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender, bounded};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{net::TcpListener, runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    health_view,
    models::{self, Models},
};
use crate::{
    base::ThingId,
    capture::{Capture, PoolOptions, State},
    detect::ModelCard,
    judge::{Judge, Rule},
    resolve::Docket,
    runtime::{
        cameras, events,
        frames::FrameQueue,
        health::{CameraHealth, Health},
        inference::{self, Loaded, NextModel, Seen},
        judging::{Judging, Mail},
        outbox,
        record::Recorder,
        shutdown::{Member, join_all},
    },
    settings::Settings,
    store::Store,
    web,
};

/// Looked-at frames waiting for judging. Small: a frame holds megabytes.
const SEEN_WAITING: usize = 16;
/// Reviewers' decisions waiting for judging.
const MAIL_WAITING: usize = 256;

/// How the daemon is run this time.
#[derive(Default)]
pub struct Plan {
    /// Records detections here.
    pub record: Option<PathBuf>,
    /// Cameras end with their streams instead of connecting again.
    pub until_end: bool,
}

/// A running daemon.
pub struct Daemon {
    /// What the cameras are doing.
    pub health: Health,
    /// The store, for looking at results.
    pub store: Store,
    /// Where the page is.
    pub page: std::net::SocketAddr,
    // Before the capture they run on: fields go in this order.
    cameras: Vec<Member>,
    capture: Capture,
    sessions: Vec<Member>,
    judging: Member,
    queue: FrameQueue,
    stop_cameras: CancellationToken,
    stop_services: CancellationToken,
    give_up: CancellationToken,
    services: Vec<(&'static str, JoinHandle<()>)>,
}

impl Daemon {
    /// Starts every part.
    ///
    /// # Errors
    /// When a part cannot be started; those started before end with the process.
    pub async fn start(mut settings: Settings, plan: Plan) -> anyhow::Result<Self> {
        let metrics = metrics_handle()?;
        settings.fit(&ModelCard::load(&settings.detect.card)?)?;
        let configured = models::name_of(&settings.detect.card);
        let previous = models::take_up_choice(&mut settings).await?;
        let (loaded, _) = models::open_sessions(&settings.detect)?;
        let store = Store::open(&settings.data).await?;
        let listener = TcpListener::bind(settings.web.bind).await.with_context(|| {
            format!("the page cannot listen on {}; choose another [web] bind", settings.web.bind)
        })?;
        let page = listener.local_addr()?;
        let health = Health::new(settings.cameras.iter().map(health_of).collect());
        let queue = FrameQueue::default();
        let (stop_cameras, stop_services) = (CancellationToken::new(), CancellationToken::new());
        let give_up = CancellationToken::new();

        let (mail_in, mail_out) = bounded(MAIL_WAITING);
        let (seen_in, seen_out) = bounded(SEEN_WAITING);
        let rules = Arc::new(settings.judge.rules.clone());
        let judging = Judging {
            recorder: plan.record.as_deref().map(open_recording).transpose()?,
            queue: queue.clone(),
            health: health.clone(),
            give_up: give_up.clone(),
            ..judging_parts(&settings, &store).await?
        };
        let judging = spawn_judging(judging, seen_out, mail_out)?;
        let next: Vec<NextModel> = loaded.iter().map(|_| NextModel::default()).collect();
        let models =
            Arc::new(Models::new(&settings, configured, previous, &store, &health, next.clone()));
        let services = vec![
            (
                "outbox",
                tokio::spawn(outbox::run(
                    store.clone(),
                    settings.channels.clone(),
                    stop_services.clone(),
                )),
            ),
            (
                "page",
                serve_page(
                    &settings,
                    listener,
                    web_state(&settings, &store, &health, rules, mail_in, models, metrics),
                    stop_services.clone(),
                ),
            ),
        ];
        let loaded = loaded.into_iter().zip(next).collect();
        let sessions = spawn_sessions(loaded, &settings, &queue, seen_in, &health)?;
        let capture = Capture::new(pool_options(&settings));
        let cameras =
            start_cameras(&capture, &settings, &queue, &health, &stop_cameras, plan.until_end)?;
        tracing::info!(page = %format!("http://{page}"), cameras = cameras.len(), "streetwarden runs");
        Ok(Self {
            health,
            store,
            page,
            cameras,
            capture,
            sessions,
            judging,
            queue,
            stop_cameras,
            stop_services,
            give_up,
            services,
        })
    }

    /// Whether every camera has come to its end and nothing waits any more.
    pub fn has_ended(&self) -> bool {
        self.cameras.iter().all(Member::is_finished)
    }

    /// Waits until every frame handed over has been judged and judging has saved.
    pub async fn drain(&self, grace: Duration) {
        let judged = |c: &Arc<CameraHealth>| {
            let after = c.judged();
            after.frames + after.lost.values().sum::<u64>() >= c.capture().sampled
        };
        let all = async {
            while !self.health.cameras().iter().all(judged) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!("frames are still waiting to be judged");
        }
    }

    /// Stops every part in order and returns the names of those that were late.
    pub async fn stop(self, grace: Duration) -> Vec<String> {
        let Self { cameras, capture, sessions, judging, queue, .. } = self;
        self.stop_cameras.cancel();
        let mut late = join(cameras, grace).await;
        queue.close();
        let end = || {
            let _ended_here = capture;
        };
        late.extend(match Member::spawn("capture", end) {
            Ok(capture) => join(vec![capture], grace).await,
            Err(_) => vec!["capture".to_owned()],
        });
        late.extend(join(sessions, grace).await);
        // judging ends once every session has dropped its end of the queue
        let give_up = self.give_up.clone();
        let mut patience = Box::pin(tokio::time::sleep(grace));
        let mut judging = Box::pin(join(vec![judging], grace * 2));
        late.extend(tokio::select! {
            late = &mut judging => late,
            () = &mut patience => {
                give_up.cancel();
                judging.await
            }
        });
        self.stop_services.cancel();
        for (name, service) in self.services {
            if tokio::time::timeout(grace, service).await.is_err() {
                late.push(name.to_owned());
            }
        }
        self.store.close().await;
        late
    }

    /// The cameras' end states, for the table.
    pub fn failing(&self) -> Vec<(String, String)> {
        let failing = |c: &Arc<CameraHealth>| match c.capture().state {
            State::Failing { reason } => Some((c.id.to_string(), reason)),
            _ => None,
        };
        self.health.cameras().iter().filter_map(failing).collect()
    }
}

async fn join(members: Vec<Member>, grace: Duration) -> Vec<String> {
    let joined = tokio::task::spawn_blocking(move || join_all(members, grace)).await;
    joined.unwrap_or_else(|_| vec!["joining (panicked)".to_owned()])
}

/// The recorder of metrics belongs to the process; a second daemon in it shares the first's.
fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    // buckets can be added up over processes and taken from one another over time, quantiles cannot
    let decisions = Matcher::Full(events::DECISION_SECONDS.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(decisions, events::DECISION_BUCKETS_S)
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics cannot be set up")?;
    events::describe();
    health_view::describe();
    Ok(HANDLE.get_or_init(|| handle).clone())
}

fn health_of(camera: &crate::settings::Camera) -> CameraHealth {
    CameraHealth::new(camera.capture.id.clone(), camera.name.clone(), Some(camera.position))
}

fn open_recording(path: &std::path::Path) -> anyhow::Result<Recorder> {
    Recorder::open(path).with_context(|| format!("recording {} cannot be opened", path.display()))
}

/// Judge and docket as the store knows them; the other fields are filled in by the caller.
async fn judging_parts(settings: &Settings, store: &Store) -> anyhow::Result<Judging> {
    let loaded = store.load().await?;
    let mut judge = Judge::restore(settings.judge.clone(), loaded.judge)
        .context("judging's stored state cannot be taken up")?;
    let things: Vec<ThingId> = judge.things().collect();
    store.evidence().retain_pending(&things)?;
    loaded.spots.into_iter().for_each(|spot| judge.reject(spot));
    let mut docket = Docket::new(settings.docket.clone());
    loaded.cases.iter().for_each(|case| docket.adopt(case));
    Ok(Judging {
        judge,
        docket,
        store: store.clone(),
        handle: Handle::current(),
        queue: FrameQueue::default(),
        health: Health::new(Vec::new()),
        channels: settings.channels.iter().map(|c| c.name().to_owned()).collect(),
        recorder: None,
        give_up: CancellationToken::new(),
    })
}

fn spawn_judging(
    judging: Judging,
    seen: Receiver<Seen>,
    mail: Receiver<Mail>,
) -> std::io::Result<Member> {
    Member::spawn("judging", move || judging.run(&seen, &mail))
}

/// Of pictures decoded for all cameras there are at most two batches a session: one in work, one to follow.
fn pool_options(settings: &Settings) -> PoolOptions {
    let detect = &settings.detect;
    let most = detect.max_batch.saturating_mul(2 * detect.sessions);
    PoolOptions { most_pictures: Some(most), ..settings.pool }
}

fn spawn_sessions(
    loaded: Vec<(Loaded, NextModel)>,
    settings: &Settings,
    queue: &FrameQueue,
    out: Sender<Seen>,
    health: &Health,
) -> std::io::Result<Vec<Member>> {
    let wait = settings.detect.max_wait;
    let spawn = |(i, (loaded, next))| {
        inference::spawn(
            format!("session {i}"),
            loaded,
            next,
            wait,
            queue.clone(),
            out.clone(),
            health.clone(),
        )
    };
    loaded.into_iter().enumerate().map(spawn).collect()
}

fn start_cameras(
    capture: &Capture,
    settings: &Settings,
    queue: &FrameQueue,
    health: &Health,
    stop: &CancellationToken,
    until_end: bool,
) -> std::io::Result<Vec<Member>> {
    let pairs = settings.capture().zip(health.cameras());
    pairs
        .map(|(options, health)| {
            let (options, recheck) = (options.clone(), settings.detect.recheck_of(&options.id));
            let (queue, stop) = (queue.clone(), stop.clone());
            cameras::start(capture, options, recheck, health, queue, stop, until_end)
        })
        .collect()
}

fn web_state(
    settings: &Settings,
    store: &Store,
    health: &Health,
    rules: Arc<std::collections::BTreeMap<crate::base::ClassName, Rule>>,
    mail: Sender<Mail>,
    models: Arc<Models>,
    metrics: PrometheusHandle,
) -> web::State {
    let (seen, ready) = (health.clone(), health.clone());
    web::State {
        store: store.clone(),
        cameras: Arc::new(move || health_view::cameras(&seen)),
        ready: Arc::new(move || health_view::ready(&ready)),
        reviews: mail,
        models,
        metrics: Arc::new({
            let health = health.clone();
            move || {
                health_view::publish(&health);
                metrics.render()
            }
        }),
        rules,
        token: settings.web.token.clone(),
        site: web::SiteInfo {
            name: settings.site_name.clone(),
            timezone: settings.judge.timezone.name().to_owned(),
            grids_geojson: settings.grids_geojson.clone(),
        },
    }
}

fn serve_page(
    settings: &Settings,
    listener: TcpListener,
    state: web::State,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let bind = settings.web.bind;
    let router = web::router(state);
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%bind, %error, "the page ended");
        }
    })
}

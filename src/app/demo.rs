//! The verb `demo`: the bundled clips as RTSP cameras from a server process of their own, the
//! daemon on them with the shipped model, the page. Nothing in it knows what the clips show but the
//! truth file that `--once` compares with at the end.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::{
    clip_server::ClipServer,
    daemon::{Daemon, Plan},
    demo_table::table,
    run::{GRACE, Signals, on_runtime, report},
    scratch::Scratch,
    truth::Truth,
};
use crate::{
    capture::Source,
    resolve::Case,
    settings::Settings,
    store::{CaseFilter, Page},
};

/// Where the demo's site is, below the folder the binary or the shell is in.
const SITE: &str = "pipelines/demo";
/// How much longer than its clips a demo may take.
const SLACK: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How the demo is run.
pub struct Request {
    /// End when the clips have been seen once.
    pub once: bool,
    /// Where the page is; the settings' address when not given.
    pub bind: Option<SocketAddr>,
    /// Data directory; a fresh temporary one when not given.
    pub data: Option<PathBuf>,
}

/// Runs the demo. `true` when all went as the truth says (always, without `once`).
///
/// # Errors
/// When a part cannot be started, or the clips do not end in time.
pub fn demo(request: &Request) -> anyhow::Result<bool> {
    let site = crate::detect::find_bundled(SITE)
        .with_context(|| format!("{SITE} is not found; run the demo from the project's folder"))?;
    let truth = Truth::load(&site.join("truth.json"))?;
    let mut settings = Settings::load(&site.join("site.toml"))?;
    let scratch = Scratch::new(request.data.clone(), "demo")?;
    settings.data.dir = scratch.dir().to_owned();
    if let Some(bind) = request.bind {
        settings.web.bind = bind;
    }
    let clips = site.join("clips").into_os_string();
    let once = request.once.then(|| "--once".into());
    let server = ClipServer::start(std::iter::once(clips).chain(once), "info")?;
    aim(&mut settings, server.address());
    let reach = settings.judge.rules.clone();
    on_runtime(async {
        let mut signals = Signals::new()?;
        let daemon =
            Daemon::start(settings, Plan { record: None, until_end: request.once }).await?;
        say(&format!("page: http://{}   data: {}", daemon.page, scratch.dir().display()));
        if !request.once {
            say("press Ctrl-C to stop");
            signals.next().await;
            report(&daemon.stop(GRACE).await);
            return Ok(true);
        }
        let deadline = Instant::now() + Duration::from_secs_f64(truth.duration_s) + SLACK;
        while !daemon.has_ended() {
            if Instant::now() > deadline {
                bail!("the clips have not ended in time; cameras failing: {:?}", daemon.failing());
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                name = signals.next() => bail!("ended by {name}"),
            }
        }
        let (health, store) = (daemon.health.clone(), daemon.store.clone());
        daemon.drain(GRACE).await;
        let cases = all_cases(&store).await?;
        report(&daemon.stop(GRACE).await);
        let compared =
            truth.compare(&cases, |class| reach.get(class).map_or(0.0, |r| r.merge_radius_m));
        say(&format!("\n{}", table(&health, &cases, &compared)));
        let exact = compared.values().all(super::truth::Compared::is_exact);
        say(if exact {
            "every violation became exactly one case, no false case"
        } else {
            "NOT as the truth says"
        });
        Ok(exact)
    })
}

/// A line on standard output; that nobody reads it does not end the demo.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn all_cases(store: &crate::store::Store) -> anyhow::Result<Vec<Case>> {
    let page = Page { limit: 10_000, offset: 0 };
    Ok(store.cases(&CaseFilter::default(), page).await?.cases)
}

/// Points every RTSP camera at the server's port.
fn aim(settings: &mut Settings, server: SocketAddr) {
    for camera in &mut settings.cameras {
        if let Source::Rtsp(url) = &mut camera.capture.source {
            // the settings were checked; an rtsp address takes any port
            let _ = url.set_port(Some(server.port()));
        }
    }
}

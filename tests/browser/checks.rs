//! What holds on every page.

use std::{path::Path, sync::OnceLock};

use serde_json::Value;
use url::Url;

use crate::{
    driver::Tab,
    plain::{self, Tongue},
};

/// Heaviest page on the wire, its styles and pictures included.
const MOST_BYTES: u64 = 40 * 1024;

/// Checks the page that is open and fails with what [`look_at`] finds.
pub(crate) async fn page(tab: &Tab, page: &str) {
    let found = look_at(tab, page).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is wrong with the page that is open, in light and dark, at full width, at 200 % zoom and at 320 px; empty where all is well. `page`
/// names it. For a walk over many pages, which fails once, at its end.
///
/// With scripts off axe cannot run (it needs timers); everything else does.
pub(crate) async fn look_at(tab: &Tab, page: &str) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(language(tab).await);
    found.extend(from_elsewhere(tab).await);
    found.extend(weight(tab).await);
    found.extend(inline(tab).await);
    found.extend(words(tab).await);
    found.extend(motion(tab).await);
    for width in [320, 640, tab.view.width] {
        tab.look(width, tab.view.dark).await;
        found.extend(reflow(tab, width).await);
    }
    if tab.view.scripts {
        for dark in [!tab.view.dark, tab.view.dark] {
            tab.look(tab.view.width, dark).await;
            found.extend(axe(tab, dark).await);
        }
        tab.look(320, tab.view.dark).await;
        found.extend(axe(tab, tab.view.dark).await);
        tab.look(tab.view.width, tab.view.dark).await;
    }
    found.into_iter().map(|what| format!("{page} ({}): {what}", tab.view.language)).collect()
}

/// The violations axe finds: WCAG 2.2 A and AA, and axe's own best practices.
async fn axe(tab: &Tab, dark: bool) -> Vec<String> {
    let script = format!(
        "{}; const done = arguments[0];
         axe.run({{ runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'] }}).then(
           r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join('; '))),
           e => done(['axe failed: ' + e]))",
        axe_script()
    );
    let colours = if dark { "dark" } else { "light" };
    strings(&tab.eval_async(&script).await).map(|violation| format!("axe, {colours}: {violation}")).collect()
}

fn axe_script() -> &'static str {
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(path).expect("axe-core is installed: cargo xtask test does it")
    })
}

/// `lang` is what was asked for, in Canada, and each piece in the other language says so.
async fn language(tab: &Tab) -> Option<String> {
    let lang = tab.eval("return document.documentElement.lang", &[]).await;
    let expected = format!("{}-CA", tab.view.language);
    (lang != expected.as_str()).then(|| format!("lang is {lang}, not {expected}"))
}

/// Everything the page loaded came from its own origin.
async fn from_elsewhere(tab: &Tab) -> Vec<String> {
    let origin = tab.address().await.origin();
    let loaded = tab.eval("return performance.getEntriesByType('resource').map(e => e.name)", &[]).await;
    strings(&loaded)
        .filter(|name| !name.starts_with("data:") && Url::parse(name).is_ok_and(|url| url.origin() != origin))
        .map(|name| format!("asks somebody else: {name}"))
        .collect()
}

async fn weight(tab: &Tab) -> Option<String> {
    // What a cache answered has no transfer size; its encoded size and a line of headers stand for it.
    let bytes = tab
        .eval(
            "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                .reduce((sum, e) => sum + Math.max(e.transferSize, e.encodedBodySize + 300), 0)",
            &[],
        )
        .await
        .as_u64()
        .expect("a number");
    (bytes > MOST_BYTES).then(|| format!("{bytes} bytes on the wire, {MOST_BYTES} at most"))
}

/// No inline script or style, no handler in an attribute (U-03).
async fn inline(tab: &Tab) -> Option<String> {
    let count = tab
        .eval(
            "return [...document.querySelectorAll('*')].filter(e =>
                (e.tagName === 'SCRIPT' && !e.src) || e.tagName === 'STYLE' || e.hasAttribute('style')
                || [...e.attributes].some(a => a.name.startsWith('on') || /^javascript:/i.test(a.value))
            ).map(e => e.outerHTML.slice(0, 80))",
            &[],
        )
        .await;
    let found: Vec<_> = strings(&count).collect();
    (!found.is_empty()).then(|| format!("inline: {found:?}"))
}

/// Nothing moves for somebody who asked for less motion, as [`Tab::look`] does.
async fn motion(tab: &Tab) -> Option<String> {
    let moving = tab
        .eval(
            "return [...document.querySelectorAll('*')].filter(e => {
                const style = getComputedStyle(e);
                return [style.transitionDuration, style.animationDuration].some(d => d.split(',').some(one => parseFloat(one) > 0));
            }).slice(0, 3).map(e => e.outerHTML.slice(0, 80))",
            &[],
        )
        .await;
    let found: Vec<_> = strings(&moving).collect();
    (!found.is_empty()).then(|| format!("moves: {found:?}"))
}

/// Nothing has to be scrolled sideways (WCAG 1.4.10), and nothing is cut off.
async fn reflow(tab: &Tab, width: u32) -> Option<String> {
    let wide = tab
        .eval(
            "const most = document.documentElement.clientWidth + 1;
             if (document.documentElement.scrollWidth <= most) return [];
             return ['page ' + document.documentElement.scrollWidth].concat([...document.querySelectorAll('body *')]
                .filter(e => e.getBoundingClientRect().right > most).slice(0, 3).map(e => e.outerHTML.slice(0, 80)))",
            &[],
        )
        .await;
    let found: Vec<_> = strings(&wide).collect();
    (!found.is_empty()).then(|| format!("wider than {width} px: {found:?}"))
}

/// The page's own words are plain. Names of organisations, laws and types, and people's data, are marked `translate="no"`.
async fn words(tab: &Tab) -> Option<String> {
    let text = tab
        .eval(
            "const copy = document.body.cloneNode(true);
             copy.querySelectorAll('[translate=no], code, pre').forEach(e => e.replaceWith('X'));
             const blocks = copy.querySelectorAll('p, li, dt, dd, h1, h2, h3, label, legend, button, summary, td, th, .hint');
             return [...blocks].filter(e => !e.querySelector('p, li, dt, dd')).map(e => e.textContent)",
            &[],
        )
        .await;
    let tongue = if tab.view.language == "fr" { Tongue::French } else { Tongue::English };
    let sentences: Vec<String> = strings(&text).map(str::to_owned).collect();
    plain::too_hard(&sentences, tongue)
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

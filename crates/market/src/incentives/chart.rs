//! The chart of depth against spread, as SVG.

use std::fmt::Write;

use super::{Curve, Depth};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// Lots within a distance of the fair value, with the programme and without it.
#[must_use]
pub fn chart(depth: &Depth) -> String {
    let curves = [("with the programme", &depth.with, "#1b6ca8"), ("without", &depth.without, "#c0392b")];
    let points = || curves.iter().flat_map(|(_, curve, _)| &curve.points);
    let most_lots = points().map(|(_, lots)| *lots).fold(1.0, f64::max) * 1.1;
    let most_bps = points().map(|(bps, _)| f64::from(*bps)).fold(1.0, f64::max);
    let x = |bps: f64| LEFT + (WIDTH - LEFT - RIGHT) * bps / most_bps;
    let y = |lots: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * lots / most_lots;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    let mut line = |text: String| writeln!(svg, "{text}").unwrap_or_default();
    for part in 0..=4 {
        let (bps, lots) = (most_bps * f64::from(part) / 4.0, most_lots * f64::from(part) / 4.0);
        let (bx, ly) = (x(bps), y(lots));
        let (right, low) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        line(format!("<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{ly:.1}\" y2=\"{ly:.1}\" stroke=\"#ddd\"/>"));
        line(format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{lots:.0}</text>", LEFT - 8.0, ly + 4.0));
        line(format!("<text x=\"{bx:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{bps:.0}</text>", low + 18.0));
    }
    for (place, (name, curve, colour)) in (0_u8..).zip(curves) {
        let Curve { quoting, .. } = curve;
        let mut path = String::new();
        let mut last = None;
        for (bps, lots) in &curve.points {
            let (px, py) = (x(f64::from(*bps)), y(*lots));
            let command = match last {
                None => format!("M{px:.1} {py:.1}"),
                Some(height) => format!(" L{px:.1} {height:.1} L{px:.1} {py:.1}"),
            };
            path.push_str(&command);
            last = Some(format!("{py:.1}").parse::<f64>().unwrap_or(py));
        }
        line(format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>"));
        let label = format!("{name}: {} lots a side at {} bp, each of five makers", quoting.lots, quoting.half_bps);
        let height = TOP + 4.0 + 16.0 * f64::from(place);
        line(format!("<text x=\"{}\" y=\"{height}\" fill=\"{colour}\">{label}</text>", LEFT + 10.0));
    }
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    line(format!(
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">distance from the fair value, basis points</text>",
        HEIGHT - 12.0
    ));
    line(format!("<text x=\"{LEFT}\" y=\"20\">Lots on the smaller side of the book within a distance</text>"));
    line("</svg>".into());
    svg
}

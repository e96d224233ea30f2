package io.sereno.tck.report;

import io.sereno.tck.Verdict;
import java.util.Locale;

/** A report as a self-contained HTML page. */
final class ReportPage {
    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{backend}: {grade}</title>
            <style>
            :root { color-scheme: light dark; --line: #8884; --soft: #8882; }
            body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; margin: 0 0 .2rem; }
            .facts { opacity: .75; margin: 0 0 1.2rem; }
            .filters label { margin-right: 1rem; white-space: nowrap; }
            h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
            table { border-collapse: collapse; width: 100%; table-layout: fixed; }
            td { border-top: 1px solid var(--line); padding: .35rem .5rem; vertical-align: top; overflow-wrap: anywhere; }
            td:nth-child(1) { width: 4.6rem; font-weight: 600; }
            td:nth-child(2) { width: 9.4rem; }
            td:nth-child(4) { width: 14rem; opacity: .75; font-size: .87rem; }
            .verdict { border-radius: .6rem; padding: .05rem .55rem; font-size: .8rem; font-weight: 600; color: #fff; }
            .pass, .pass_simulated { background: #1a7f37; } .fail { background: #cf222e; }
            .untested { background: #57606a; } .waived { background: #8250df; }
            .unverified, .vacuous, .unknown { background: #9a6700; }
            .should { opacity: .7; font-size: .8rem; font-weight: 400; }
            .why { margin-top: .2rem; font-style: italic; }
            details { margin-top: .3rem; } pre { background: var(--soft); padding: .7rem; overflow-x: auto; font-size: .8rem; }
            </style>
            </head>
            <body>
            <h1>{backend}: {grade}</h1>
            <p class="facts">{facts}</p>
            """;

    private static final String SCRIPT = """
            <script>
            for (const box of document.querySelectorAll('.filters input')) {
              box.addEventListener('change', () => {
                for (const row of document.querySelectorAll('tr[data-verdict="' + box.value + '"]')) row.hidden = !box.checked;
              });
            }
            </script>
            </body>
            </html>
            """;

    private ReportPage() {}

    static String html(Report report) {
        StringBuilder page = new StringBuilder();
        String facts = "server " + (report.serverVersion().isEmpty() ? "unknown" : report.serverVersion()) + " · kit "
                + report.kitVersion() + " · Java " + report.java() + " · seed " + report.seed()
                + " · rules with tests: " + report.scope();
        String grade = report.complete() ? "grade " + report.grade() : "no grade, not every rule was run";
        page.append(HEAD.replace("{backend}", escaped(report.backend()))
                .replace("{grade}", escaped(grade))
                .replace("{facts}", escaped(facts)));
        page.append("<p class=\"filters\">");
        report.counts()
                .forEach((verdict, count) -> page.append("<label><input type=\"checkbox\" checked value=\"")
                        .append(verdict.name())
                        .append("\"> ")
                        .append(badge(verdict))
                        .append(' ')
                        .append(count)
                        .append("</label>"));
        page.append("</p>\n");
        String group = "";
        for (Report.Line line : report.rules()) {
            String id = line.rule().id();
            String next = id.substring(0, id.indexOf('-'));
            if (!next.equals(group)) {
                page.append(group.isEmpty() ? "" : "</table>\n")
                        .append("<h2>")
                        .append(next)
                        .append("</h2>\n<table>\n");
                group = next;
            }
            page.append(row(line));
        }
        return page.append(group.isEmpty() ? "" : "</table>\n").append(SCRIPT).toString();
    }

    private static String row(Report.Line line) {
        return "<tr data-verdict=\"" + line.verdict().name() + "\" id=\""
                + line.rule().id() + "\"><td>"
                + line.rule().id() + (line.rule().must() ? "" : "<br><span class=\"should\">should</span>")
                + "</td><td>"
                + badge(line.verdict()) + "</td><td>" + prose(line.rule().claim())
                + (line.why().isEmpty() ? "" : "<div class=\"why\">" + escaped(line.why()) + "</div>")
                + (line.detail().isEmpty()
                        ? ""
                        : "<details open><summary>what was seen</summary><pre>" + escaped(line.detail())
                                + "</pre></details>")
                + "</td><td title=\"" + escaped(String.join(", ", line.tests())) + "\">"
                + escaped(ReportText.evidence(line.evidence()))
                + (line.tests().isEmpty() ? "" : "<br>" + line.millis() + " ms")
                + "</td></tr>\n";
    }

    private static String badge(Verdict verdict) {
        return "<span class=\"verdict " + verdict.name().toLowerCase(Locale.ROOT) + "\">" + verdict + "</span>";
    }

    /** Claims are written in Markdown; they use only code and emphasis. */
    private static String prose(String text) {
        return escaped(text).replaceAll("`([^`]*)`", "<code>$1</code>").replaceAll("\\*([^*]+)\\*", "<em>$1</em>");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

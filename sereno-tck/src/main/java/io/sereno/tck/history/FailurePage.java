package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A history with a violation as one self-contained page of HTML: what is impossible in one sentence, the clients as
 * lanes with a bar for each operation, leases with what their clients may believe, faults, and all of it again as a
 * table.
 *
 * <p>The drawing goes from left to right in the order of invocations, returns and notices. Each event is one step wide,
 * and times stand below, so that a pause does not leave an empty area.
 */
public final class FailurePage {
    private static final int NARROWEST_STEP = 34;
    private static final int WIDEST_STEP = 110;
    private static final int COMFORTABLE_WIDTH = 1_100;
    private static final int BAR = 20;
    private static final int ROW = 27;
    private static final int LEFT = 92;
    private static final double LETTER = 6.3;

    private final History history;
    private final Violation violation;
    private final List<Long> steps;
    private final Map<Long, Integer> places = new HashMap<>();
    private final Set<Integer> others = new HashSet<>();
    private final StringBuilder svg = new StringBuilder();
    private final int step;
    private int y = 26;
    private int width;

    private FailurePage(History history, Violation violation) {
        this.history = history;
        this.violation = violation;
        TreeSet<Long> orders = new TreeSet<>();
        for (Operation operation : history.operations()) {
            orders.add(operation.invoked().order());
            if (operation.returned() != null) {
                orders.add(operation.returned().order());
            }
        }
        history.notices().forEach(notice -> orders.add(notice.at().order()));
        this.steps = List.copyOf(orders);
        for (int i = 0; i < steps.size(); i++) {
            places.put(steps.get(i), i);
        }
        violation.others().forEach(other -> others.add(other.id()));
        this.step = Math.max(NARROWEST_STEP, Math.min(WIDEST_STEP, COMFORTABLE_WIDTH / Math.max(1, steps.size())));
        this.width = end() + 40;
    }

    /**
     * Draws a history.
     *
     * @param backend name of the backend
     * @param history what happened; as {@link Shrinker} returns it, or the drawing is wide
     * @param violation what is impossible in it
     * @return the page
     */
    public static String html(String backend, History history, Violation violation) {
        return new FailurePage(history, violation).page(backend);
    }

    private String page(String backend) {
        drawFaults();
        drawClients();
        drawLeases();
        String drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + (y + 30)
                + "\" viewBox=\"0 0 " + width + " " + (y + 30) + "\" role=\"img\" aria-label=\"the history\">\n"
                + "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\""
                + " patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"hatch\"/></pattern></defs>\n"
                + timeline() + svg + "</svg>";
        return HEAD.replace("{rule}", escaped(violation.rule())).replace("{backend}", escaped(backend))
                + "<p class=\"seen\">" + link(violation.culprit()) + " is impossible: " + escaped(violation.seen())
                + ".</p>\n<p class=\"check\"><b>Check first:</b> " + escaped(violation.check()) + ".</p>\n"
                + "<p class=\"legend\"><span class=\"key read\">read</span> <span class=\"key committed\">committed</span>"
                + " <span class=\"key refused\">conflict, lease dead, not applied</span>"
                + " <span class=\"key unknown\">unknown, or no reply</span> <span class=\"key lease\">lease</span>"
                + " <span class=\"key culprit\">the impossible one</span> <span class=\"key other\">what makes it so</span>"
                + " <span class=\"key notice\">&#9660; notice</span></p>\n"
                + "<div class=\"drawing\">" + drawing + "</div>\n" + table() + "</body>\n</html>\n";
    }

    private int x(long order) {
        Integer place = places.get(order);
        if (place == null) {
            int behind = 0;
            while (behind < steps.size() && steps.get(behind) < order) {
                behind++;
            }
            place = behind;
        }
        return LEFT + place * step;
    }

    private int end() {
        return LEFT + steps.size() * step;
    }

    private String timeline() {
        Map<Long, Moment> moments = new HashMap<>();
        for (Operation operation : history.operations()) {
            moments.put(operation.invoked().order(), operation.invoked());
            if (operation.returned() != null) {
                moments.put(operation.returned().order(), operation.returned());
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            Moment moment = moments.get(steps.get(i));
            if (moment != null && i % 3 == 0) {
                int at = LEFT + i * step;
                text.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%d\" y1=\"18\" x2=\"%d\" y2=\"%d\" class=\"grid\"/><text x=\"%d\" y=\"13\" class=\"time\">%.3f"
                                + " ms</text>\n",
                        at,
                        at,
                        y + 12,
                        at + 2,
                        moment.nanos() / 1e6));
            }
        }
        return text.toString();
    }

    private void drawFaults() {
        for (History.Fault fault : history.faults()) {
            int from = x(fault.from().order());
            int to = Math.max(from + 6, x(fault.to().order()));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"fault\"/><text x=\"%d\" y=\"%d\""
                            + " class=\"label\">%s</text>\n",
                    from,
                    y,
                    to - from,
                    BAR,
                    from + 4,
                    y + 14,
                    escaped(fault.what()
                            + fault.client().map(client -> ", " + client).orElse(""))));
            lane(y, "faults");
            y += ROW;
        }
    }

    private void drawClients() {
        Map<String, List<Operation>> byClient = new LinkedHashMap<>();
        history.operations().stream()
                .map(Operation::client)
                .sorted()
                .forEach(client -> byClient.putIfAbsent(client, new ArrayList<>()));
        history.operations().forEach(operation -> {
            List<Operation> lane = byClient.get(operation.client());
            if (lane != null) {
                lane.add(operation);
            }
        });
        byClient.forEach((client, operations) -> {
            int top = y;
            drawNotices(operations);
            List<Integer> rows = new ArrayList<>();
            for (Operation operation : operations) {
                int from = x(operation.invoked().order());
                int label = (int) (label(operation).length() * LETTER) + 8;
                int to = operation.returned() == null
                        ? end()
                        : x(operation.returned().order());
                int taken = Math.max(to, from + label) + 6;
                width = Math.max(width, taken + 12);
                int row = 0;
                while (row < rows.size() && rows.get(row) > from) {
                    row++;
                }
                if (row == rows.size()) {
                    rows.add(taken);
                } else {
                    rows.set(row, taken);
                }
                bar(operation, from, Math.max(to, from + 10), y + row * ROW);
            }
            lane(top, client);
            y += rows.size() * ROW + 10;
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"border\"/>\n",
                    y - 6,
                    end(),
                    y - 6));
        });
    }

    private void drawNotices(List<Operation> operations) {
        Set<Integer> watches = new HashSet<>();
        Set<Integer> received = new HashSet<>();
        for (Operation operation : operations) {
            if (operation.call() instanceof Call.OpenWatch open) {
                watches.add(open.watch());
            }
            received.add(operation.notice());
        }
        boolean any = false;
        for (History.Notice notice : history.notices()) {
            if (watches.contains(notice.watch()) || received.contains(notice.id())) {
                any = true;
                svg.append(String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" class=\"noticed\">&#9660; %s<title>notice of w%d at %s</title></text>\n",
                        x(notice.at().order()),
                        y + 12,
                        escaped(notice.name().orElse("reset")
                                + (notice.revision() == 0 ? "" : "@" + notice.revision())),
                        notice.watch(),
                        notice.at()));
            }
        }
        if (any) {
            y += 18;
        }
    }

    private void bar(Operation operation, int from, int to, int top) {
        String role = operation.id() == violation.culprit().id()
                ? " culprit"
                : others.contains(operation.id()) ? " other" : "";
        svg.append(String.format(
                Locale.ROOT,
                "<g class=\"bar %s%s\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>"
                        + "<text x=\"%d\" y=\"%d\">%s</text></g>\n",
                kind(operation),
                role,
                escaped(operation.toString()),
                from,
                top,
                to - from,
                BAR,
                from + 4,
                top + 14,
                escaped(label(operation))));
    }

    private void drawLeases() {
        for (LeaseLife lease : LeaseLife.of(history).values()) {
            Optional<Operation> granted = history.operations().stream()
                    .filter(operation ->
                            operation.reply() instanceof Reply.Granted grant && grant.leaseId() == lease.id)
                    .findFirst();
            if (granted.isEmpty()) {
                continue;
            }
            int from = x(granted.get().invoked().order());
            int sure = lease.earliestEnd == Long.MAX_VALUE ? end() : x(lease.earliestEnd / Operation.ROOM);
            Operation reported = lease.reportedDead;
            int dead = reported == null ? end() : Math.max(sure, x(reported.end() / Operation.ROOM));
            String verdict = granted.get().client() + ": alive for certain"
                    + (reported == null
                            ? ", then perhaps"
                            : ", then perhaps until reported dead at " + reported.returned());
            width = Math.max(width, from + (int) (verdict.length() * LETTER) + 20);
            svg.append(String.format(
                    Locale.ROOT,
                    "<g class=\"bar lease\"><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>"
                            + "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"perhaps\"/>"
                            + "<text x=\"%d\" y=\"%d\">%s</text></g>\n",
                    escaped(verdict),
                    from,
                    y,
                    Math.max(8, sure - from),
                    BAR,
                    sure,
                    y,
                    Math.max(0, dead - sure),
                    BAR,
                    from + 4,
                    y + 14,
                    escaped(verdict)));
            lane(y, "lease " + Texts.lease(lease.id));
            y += ROW;
        }
    }

    private void lane(int top, String name) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"4\" y=\"%d\" class=\"lane\">%s</text>\n", top + 14, escaped(name)));
    }

    private static String label(Operation operation) {
        String text =
                "#" + operation.id() + " " + Texts.call(operation.call()) + " → " + Texts.reply(operation.reply());
        return text.length() <= 64 ? text : text.substring(0, 63) + "…";
    }

    private static String kind(Operation operation) {
        if (operation.call() instanceof Call.Read) {
            return operation.reply() instanceof Reply.Found ? "read" : "refused";
        }
        if (operation.commit().isPresent()) {
            if (operation.isUnknown()) {
                return "unknown";
            }
            return operation.result().orElse(null) instanceof CommitResult.Committed ? "committed" : "refused";
        }
        return operation.call() instanceof Call.OpenWatch || operation.call() instanceof Call.CancelWatch
                ? "read"
                : "lease";
    }

    private String table() {
        StringBuilder text = new StringBuilder(
                "<table><thead><tr><th></th><th>client</th><th>call</th><th>reply</th><th>from</th><th>to</th></tr></thead>\n");
        for (Operation operation : history.operations()) {
            String role = operation.id() == violation.culprit().id()
                    ? "culprit"
                    : others.contains(operation.id()) ? "other" : "";
            text.append("<tr id=\"op")
                    .append(operation.id())
                    .append("\" class=\"")
                    .append(role)
                    .append("\"><td>#")
                    .append(operation.id())
                    .append("</td><td>")
                    .append(escaped(operation.client()))
                    .append("</td><td>")
                    .append(escaped(Texts.call(operation.call())))
                    .append("</td><td>")
                    .append(escaped(Texts.reply(operation.reply())))
                    .append("</td><td>")
                    .append(operation.invoked())
                    .append("</td><td>")
                    .append(operation.returned() == null ? "never" : operation.returned())
                    .append("</td></tr>\n");
        }
        return text.append("</table>\n").toString();
    }

    private static String link(Operation operation) {
        return "<a href=\"#op" + operation.id() + "\">#" + operation.id() + " of " + escaped(operation.client()) + ", "
                + escaped(Texts.call(operation.call())) + "</a>";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{rule} is broken: {backend}</title>
            <style>
            :root { color-scheme: light dark; --ink: #1f2328; --line: #8884; --paper: #fff; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; } }
            body { font: 15px/1.45 system-ui, sans-serif; margin: 1.6rem; color: var(--ink); background: var(--paper); }
            h1 { font-size: 1.4rem; margin: 0 0 .4rem; }
            .seen { font-size: 1.05rem; max-width: 70rem; margin: .3rem 0; } .check { max-width: 70rem; margin: .3rem 0 1rem; }
            .legend { font-size: .8rem; } .key { padding: .1rem .5rem; border-radius: .3rem; border: 2px solid transparent; }
            .drawing { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; background: #fff; }
            svg { display: block; font: 11px ui-monospace, monospace; }
            svg text { fill: #10151b; }
            .grid, .border { stroke: var(--line); } .hatch { stroke: #8250df88; stroke-width: 3; }
            .time { font-size: 9px; opacity: .7; } .lane { font-weight: 700; } .noticed { font-size: 10px; }
            .read rect { fill: #b6d8ff; } .committed rect { fill: #a7e3b1; } .refused rect { fill: #d0d7de; }
            .unknown rect { fill: #ffe2a8; stroke: #9a6700; stroke-dasharray: 4 3; } .lease rect { fill: #dfc9ff; }
            .lease rect.perhaps { fill: url(#hatch); } .fault { fill: #ff818266; }
            .bar.culprit rect { fill: #ffc1ba; stroke: #cf222e; stroke-width: 3; } .bar.other rect { stroke: #bc4c00; stroke-width: 2.5; }
            .key.read { background: #b6d8ff; } .key.committed { background: #a7e3b1; } .key.refused { background: #d0d7de; }
            .key.unknown { background: #ffe2a8; border: 2px dashed #9a6700; } .key.lease { background: #dfc9ff; } .key { color: #10151b; }
            .key.culprit { background: #ffc1ba; border-color: #cf222e; } .key.other { border-color: #bc4c00; color: inherit; }
            .key.notice { color: inherit; }
            table { border-collapse: collapse; margin-top: 1.2rem; font-size: .85rem; }
            th { text-align: left; } td, th { border-top: 1px solid var(--line); padding: .2rem .6rem; vertical-align: top; }
            tr.culprit td { background: #cf222e33; } tr.other td { background: #bc4c0022; }
            td:nth-child(5), td:nth-child(6) { white-space: nowrap; font-variant-numeric: tabular-nums; }
            </style>
            </head>
            <body>
            <h1>{backend}: {rule} is broken</h1>
            """;
}

package io.sereno.site;

import io.sereno.tck.rules.Specification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The page that shows the verdict of each rule on each store, by the reports that the kit left in the modules. A store without a report has a
 * column that says so.
 */
final class RulesByStore {
    static final String PAGE = "docs/rules-by-store.html";
    static final String TITLE = "Rules by store";

    private static final Pattern FACT = Pattern.compile(
            "^  \"(serverVersion|kitVersion|javaVersion|complete|grade)\": \"?(.*?)\"?,$", Pattern.MULTILINE);
    private static final Pattern RULE =
            Pattern.compile("^    \\{\"id\": \"([^\"]+)\".*?\"verdict\": \"([^\"]+)\"", Pattern.MULTILINE);

    /**
     * What a run of the kit found.
     *
     * @param page with all details, from the root of the site
     * @param made when
     * @param facts by their names in report.json
     * @param verdicts by the numbers of the rules
     */
    private record Found(String page, Instant made, Map<String, String> facts, Map<String, String> verdicts) {}

    /** By the names of the stores; null where no report was found. */
    private final Map<String, @Nullable Found> stores = new LinkedHashMap<>();

    private RulesByStore() {}

    /** Reads the reports, and copies their pages into the site. */
    static RulesByStore of(Path root, Path site) throws IOException {
        RulesByStore rules = new RulesByStore();
        for (Map.Entry<String, Path> store : folders(root).entrySet()) {
            Path folder = root.resolve(store.getValue());
            Path report = folder.resolve("report.json");
            if (!Files.exists(report)) {
                rules.stores.put(store.getKey(), null);
                continue;
            }
            String page = "reports/" + store.getKey().replace(' ', '-') + ".html";
            Path copy = site.resolve(page);
            Files.createDirectories(site.resolve("reports"));
            Files.copy(folder.resolve("report.html"), copy, StandardCopyOption.REPLACE_EXISTING);
            String text = Files.readString(report);
            Map<String, String> facts = new TreeMap<>();
            FACT.matcher(text).results().forEach(fact -> facts.put(fact.group(1), fact.group(2)));
            Map<String, String> verdicts = new TreeMap<>();
            for (MatchResult rule : RULE.matcher(text).results().toList()) {
                verdicts.put(rule.group(1), rule.group(2));
            }
            Instant made = Files.getLastModifiedTime(report).toInstant().truncatedTo(ChronoUnit.SECONDS);
            rules.stores.put(store.getKey(), new Found(page, made, facts, verdicts));
        }
        return rules;
    }

    /** Where the kit writes its reports: each module of a backend has one, and Redis a second one for a Cluster. */
    private static Map<String, Path> folders(Path root) throws IOException {
        Map<String, Path> folders = new TreeMap<>();
        try (Stream<Path> modules = Files.list(root)) {
            modules.map(module -> root.relativize(module).toString())
                    .filter(module -> module.startsWith("sereno-backend-"))
                    .forEach(module ->
                            folders.put(module.substring("sereno-backend-".length()), Path.of(module, "target/tck")));
        }
        folders.put("memory", Path.of("sereno-recipes-suite/target/tck/memory"));
        folders.put("redis cluster", Path.of("sereno-backend-redis/target/tck/cluster"));
        return folders;
    }

    String html() {
        StringBuilder page = new StringBuilder("<h1>" + TITLE + "</h1>\n"
                + "<p>The verdicts of the <a href=\"tck.html\">compatibility kit</a> and of the suite"
                + " of the recipes for each rule of the <a href=\"spec.html\">specification</a>, from"
                + " the reports that were there when this site was built.</p>\n");
        page.append("<ul>\n");
        stores.forEach((store, found) ->
                page.append("<li>").append(summary(store, found)).append("</li>\n"));
        page.append("</ul>\n<table>\n<tr><th>rule</th><th>level</th>");
        stores.forEach((store, found) -> page.append("<th>").append(store).append("</th>"));
        page.append("<th>what it says</th></tr>\n");
        for (Specification.Entry rule : Specification.shipped().rules()) {
            page.append("<tr id=\"")
                    .append(rule.id())
                    .append("\"><td><a href=\"spec.html#")
                    .append(rule.id())
                    .append("\">")
                    .append(rule.id())
                    .append("</a></td><td>")
                    .append(rule.level())
                    .append("</td>");
            stores.values().forEach(found -> page.append(cell(rule.id(), found)));
            page.append("<td>").append(prose(rule.claim())).append("</td></tr>\n");
        }
        return page.append("</table>\n").toString();
    }

    /** Claims are written in Markdown; their links lead within the specification. */
    private static String prose(String claim) {
        return Html.escaped(claim.replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1"))
                .replaceAll("`([^`]*)`", "<code>$1</code>");
    }

    private static String summary(String store, @Nullable Found found) {
        if (found == null) {
            return "<strong>" + store
                    + ": no report.</strong> The kit was not run on this store before the site was built.";
        }
        Map<String, String> facts = found.facts();
        boolean complete = "true".equals(facts.get("complete"));
        List<String> parts = new ArrayList<>(List.of(
                complete ? "grade " + facts.get("grade") : "no grade, not every rule was run",
                "server " + facts.getOrDefault("serverVersion", "").replaceAll("^$", "unknown"),
                "kit " + facts.getOrDefault("kitVersion", ""),
                "Java " + facts.getOrDefault("javaVersion", ""),
                "made at " + found.made()));
        return "<a href=\"../" + found.page() + "\">" + store + "</a>: " + Html.escaped(String.join(", ", parts));
    }

    private static String cell(String rule, @Nullable Found found) {
        if (found == null) {
            return "<td class=\"missing\">no report</td>";
        }
        String verdict = found.verdicts().get(rule);
        return verdict == null
                ? "<td class=\"missing\">not in the report</td>"
                : "<td class=\""
                        + verdict.toLowerCase(Locale.ROOT)
                                .replace("(", "")
                                .replace(")", "")
                                .replace(' ', '_') + "\"><a href=\"../" + found.page() + "#" + rule + "\">" + verdict
                        + "</a></td>";
    }
}

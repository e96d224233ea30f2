package io.sereno.site;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One static site. The steps:
 *
 * <ol>
 *   <li>{@link ApiDocs} writes the Javadoc of the published modules to {@code api};
 *   <li>{@link Document} renders each Markdown file; a link to a file outside the site leads to a page with its text;
 *   <li>{@link RulesByStore} shows the reports of the kit;
 *   <li>{@link SearchIndex} is the index that {@code search.js} looks into.
 * </ol>
 *
 * <p>{@link DeadLinks} checks the result.
 */
public final class Site {
    private static final Pattern VERSION =
            Pattern.compile("<artifactId>sereno</artifactId>\\s*<version>(.*?)</version>");

    private final Path root;
    private final Path output;
    private final String version;
    private final SearchIndex index = new SearchIndex();
    private final Map<Path, Document> documents = new LinkedHashMap<>();

    private Site(Path root, Path folder) throws IOException {
        this.root = root.toRealPath();
        Matcher found = VERSION.matcher(Files.readString(root.resolve("pom.xml")));
        if (!found.find()) {
            throw new IllegalStateException("pom.xml has no version");
        }
        this.version = found.group(1);
        this.output = folder.resolve(version);
    }

    /**
     * Builds the site of this version, in place of an earlier one.
     *
     * @param root of the repository
     * @param folder in which the site gets a folder with the name of the version
     * @return that folder
     * @throws IOException if a file cannot be read or written
     */
    public static Path build(Path root, Path folder) throws IOException {
        Site site = new Site(root, folder);
        site.clear();
        site.build();
        return site.output;
    }

    /** Pages of documents and reports that are gone would be left. */
    private void clear() throws IOException {
        if (Files.exists(output)) {
            try (Stream<Path> files = Files.walk(output)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void build() throws IOException {
        ApiDocs api = ApiDocs.write(root, output.resolve("api"));
        api.types().forEach((type, page) -> index.add("Javadoc", type, "api/" + page, ""));
        for (Path file : markdown()) {
            documents.put(file, Document.read(root, file));
        }
        Links links = new Links(root, documents, api);
        for (Document document : documents.values()) {
            write(document.page(), document.title(), document.html(links), document.title());
            document.sections()
                    .forEach(section -> index.add(
                            document.title(), section.heading(), document.page() + section.anchor(), section.text()));
        }
        write("docs/decisions/index.html", "Decisions", list("docs/decisions/"), "Decisions");
        for (Path file : links.linked()) {
            if (Links.isPicture(file)) {
                Path copy = output.resolve(file.toString());
                Files.createDirectories(copy.getParent());
                Files.copy(root.resolve(file), copy, StandardCopyOption.REPLACE_EXISTING);
                continue;
            }
            String text =
                    "<h1>" + file + "</h1>\n<pre>" + Html.escaped(Files.readString(root.resolve(file))) + "</pre>\n";
            write(Links.pageOf(file), file.toString(), text, "");
        }
        write(
                RulesByStore.PAGE,
                RulesByStore.TITLE,
                RulesByStore.of(root, output).html(),
                RulesByStore.TITLE);
        index.add(RulesByStore.TITLE, RulesByStore.TITLE, RulesByStore.PAGE, "verdicts grade report kit");
        index.writeTo(output.resolve("search-index.js"));
        for (String resource : List.of("site.css", "search.js")) {
            try (InputStream in = Site.class.getResourceAsStream(resource)) {
                Files.write(
                        output.resolve(resource),
                        Objects.requireNonNull(in, resource).readAllBytes());
            }
        }
    }

    /** The README first; its links give the order of the others. */
    private List<Path> markdown() throws IOException {
        TreeSet<Path> all = new TreeSet<>();
        for (Path folder :
                List.of(root, root.resolve("docs"), root.resolve("docs/decisions"), root.resolve("docs/guides"))) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(file -> file.toString().endsWith(".md"))
                            .map(root::relativize)
                            .forEach(all::add);
                }
            }
        }
        String readme = Files.readString(root.resolve("README.md"));
        List<Path> ordered = new ArrayList<>(all);
        ordered.sort(Comparator.comparingInt((Path file) -> {
            int at = readme.indexOf("(" + file);
            return file.equals(Path.of("README.md")) ? -1 : at < 0 ? Integer.MAX_VALUE : at;
        }));
        return ordered;
    }

    private void write(String page, String title, String body, String current) {
        Path file = output.resolve(page);
        String up = "../".repeat(Path.of(page).getNameCount() - 1);
        String text = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%1$s - Sereno %2$s</title>
            <link rel="stylesheet" href="%3$ssite.css">
            <script src="%3$ssearch.js" data-root="%3$s" defer></script>
            </head>
            <body>
            <header><a href="%3$sindex.html">Sereno</a> <span>%2$s</span>
            <input id="search" type="search" placeholder="Search documents and Javadoc" aria-label="Search"><div id="found"></div></header>
            <nav>
            %4$s</nav>
            <main>
            %5$s</main>
            </body>
            </html>
            """.formatted(Html.escaped(title), version, up, navigation(up, current), body);
        try {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String navigation(String up, String current) {
        StringBuilder list = new StringBuilder();
        entry(list, up + "api/index.html", "Javadoc", false);
        entry(list, up + RulesByStore.PAGE, RulesByStore.TITLE, current.equals(RulesByStore.TITLE));
        for (Document document : documents.values()) {
            if (!document.page().startsWith("docs/decisions/")) {
                entry(
                        list,
                        up + document.page(),
                        document.title(),
                        document.title().equals(current));
            }
        }
        entry(list, up + "docs/decisions/index.html", "Decisions", current.equals("Decisions"));
        return list.toString();
    }

    private static void entry(StringBuilder list, String target, String title, boolean current) {
        list.append("<a href=\"")
                .append(target)
                .append(current ? "\" aria-current=\"page\">" : "\">")
                .append(Html.escaped(title))
                .append("</a>\n");
    }

    private String list(String folder) {
        StringBuilder list = new StringBuilder("<h1>Decisions</h1>\n<ul>\n");
        documents.values().stream()
                .filter(document -> document.page().startsWith(folder))
                .forEach(document -> list.append("<li><a href=\"")
                        .append(document.page().substring(folder.length()))
                        .append("\">")
                        .append(Html.escaped(document.title()))
                        .append("</a></li>\n"));
        return list.append("</ul>\n").toString();
    }
}

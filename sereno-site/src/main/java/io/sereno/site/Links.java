package io.sereno.site;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns the links between files of the repository into links between pages of the site. */
final class Links {
    private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");

    private final Path root;
    private final Map<Path, Document> documents;
    private final ApiDocs api;
    private final Set<Path> linked = new TreeSet<>();

    Links(Path root, Map<Path, Document> documents, ApiDocs api) {
        this.root = root;
        this.documents = documents;
        this.api = api;
    }

    /** Files outside the site that links so far lead to. */
    Set<Path> linked() {
        return linked;
    }

    /** A picture is copied as it is. */
    static boolean isPicture(Path file) {
        return file.toString().endsWith(".png") || file.toString().endsWith(".svg");
    }

    /** The page of such a file. */
    static String pageOf(Path file) {
        return isPicture(file) ? file.toString() : "files/" + file + ".html";
    }

    /** A link to something that does not exist stays as it is, so {@link DeadLinks} finds it. */
    String target(Path from, String link) {
        if (ELSEWHERE.matcher(link).matches() || link.startsWith("#")) {
            return link;
        }
        int hash = link.indexOf('#');
        String anchor = hash < 0 ? "" : link.substring(hash);
        Path file = root.relativize(root.resolve(from)
                .resolveSibling(hash < 0 ? link : link.substring(0, hash))
                .normalize());
        String page = page(file);
        if (page == null) {
            return link;
        }
        Path folder = Path.of(Document.pageOf(from)).getParent();
        Path relative = folder == null ? Path.of(page) : folder.relativize(Path.of(page));
        return relative + anchor;
    }

    private @Nullable String page(Path file) {
        Document document = documents.get(file);
        if (document != null) {
            return document.page();
        }
        String javadoc = api.pageOf(file);
        if (javadoc != null) {
            return "api/" + javadoc;
        }
        if (Files.isDirectory(root.resolve(file))) {
            return file + "/index.html";
        }
        if (Files.isRegularFile(root.resolve(file))) {
            linked.add(file);
            return pageOf(file);
        }
        return null;
    }
}

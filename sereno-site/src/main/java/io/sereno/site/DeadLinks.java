package io.sereno.site;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Follows each link of each page of a site, to the file and to the anchor. Links to other sites are not followed. */
public final class DeadLinks {
    private static final Pattern TAG = Pattern.compile("<[a-zA-Z][^>]*>");
    private static final Pattern LINK = Pattern.compile("\\b(?:href|src)=\"([^\"]*)\"");
    private static final Pattern ANCHOR = Pattern.compile("\\b(?:id|name)=\"([^\"]*)\"");
    private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*", Pattern.DOTALL);

    private final Map<Path, Set<String>> anchors = new HashMap<>();
    private final Map<Path, Set<String>> links = new HashMap<>();

    private DeadLinks() {}

    /**
     * Checks a site.
     *
     * @param site its folder
     * @return a line for each dead link, with the page and the link
     * @throws IOException if a page cannot be read
     */
    public static Set<String> of(Path site) throws IOException {
        DeadLinks check = new DeadLinks();
        try (Stream<Path> files = Files.walk(site)) {
            for (Path page :
                    files.filter(file -> file.toString().endsWith(".html")).toList()) {
                check.read(page.normalize());
            }
        }
        Set<String> dead = new TreeSet<>();
        check.links.forEach((page, targets) -> targets.stream()
                .filter(target -> !check.leadsSomewhere(page, target))
                .forEach(target -> dead.add(site.normalize().relativize(page) + ": " + target)));
        return dead;
    }

    private void read(Path page) throws IOException {
        Set<String> names = new HashSet<>();
        Set<String> targets = new HashSet<>();
        anchors.put(page, names);
        links.put(page, targets);
        Matcher tags = TAG.matcher(Files.readString(page));
        while (tags.find()) {
            ANCHOR.matcher(tags.group()).results().forEach(name -> names.add(unescaped(name.group(1))));
            LINK.matcher(tags.group()).results().forEach(link -> targets.add(unescaped(link.group(1))));
        }
    }

    private boolean leadsSomewhere(Path page, String target) {
        if (ELSEWHERE.matcher(target).matches()) {
            return true;
        }
        List<String> parts = List.of(target.split("#", 2));
        String file =
                URLDecoder.decode(parts.get(0).replaceAll("\\?.*", "").replace("+", "%2B"), StandardCharsets.UTF_8);
        Path there = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        if (!Files.isRegularFile(there)) {
            return false;
        }
        String anchor =
                parts.size() == 1 ? "" : URLDecoder.decode(parts.get(1).replace("+", "%2B"), StandardCharsets.UTF_8);
        return anchor.isEmpty() || anchors.getOrDefault(there, Set.of()).contains(anchor);
    }

    private static String unescaped(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }
}

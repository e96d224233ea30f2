package io.sereno.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.StrongEmphasis;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.text.TextContentRenderer;

/** A Markdown file, and the page that it becomes. Headings have the anchors that GitHub gives them, and rules their numbers. */
final class Document {
    private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());
    private static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).build();
    private static final TextContentRenderer TEXT =
            TextContentRenderer.builder().extensions(EXTENSIONS).build();
    private static final Pattern RULE = Pattern.compile("[A-Z]+-\\d+[a-z]?");

    private final Path file;
    private final Node content;

    /** A heading and the text below it; the anchor begins with {@code #}. */
    record Section(String heading, String anchor, String text) {}

    private Document(Path file, Node content) {
        this.file = file;
        this.content = content;
    }

    static Document read(Path root, Path file) throws IOException {
        return new Document(file, PARSER.parse(Files.readString(root.resolve(file))));
    }

    String page() {
        return pageOf(file);
    }

    static String pageOf(Path file) {
        String name = file.toString().replace('\\', '/');
        return name.equals("README.md") ? "index.html" : name.replaceAll("\\.md$", ".html");
    }

    String title() {
        List<Section> sections = sections();
        return sections.isEmpty() ? file.toString() : sections.get(0).heading();
    }

    String html(Links links) {
        content.accept(new AbstractVisitor() {
            @Override
            public void visit(Link link) {
                link.setDestination(links.target(file, link.getDestination()));
                visitChildren(link);
            }

            @Override
            public void visit(Image image) {
                image.setDestination(links.target(file, image.getDestination()));
                visitChildren(image);
            }
        });
        return HtmlRenderer.builder()
                .extensions(EXTENSIONS)
                .extensions(List.of(HeadingAnchorExtension.create()))
                .attributeProviderFactory(context -> Document::anchorRule)
                .build()
                .render(content);
    }

    private static void anchorRule(Node node, String tag, Map<String, String> attributes) {
        if (node instanceof Paragraph
                && node.getFirstChild() instanceof StrongEmphasis strong
                && strong.getFirstChild() instanceof Text text) {
            Matcher rule = RULE.matcher(text.getLiteral());
            if (rule.matches()) {
                attributes.put("id", text.getLiteral());
            }
        }
    }

    List<Section> sections() {
        IdGenerator ids = IdGenerator.builder().build();
        List<Section> sections = new ArrayList<>();
        String heading = null;
        StringBuilder text = new StringBuilder();
        for (Node node = content.getFirstChild(); node != null; node = node.getNext()) {
            if (node instanceof Heading) {
                if (heading != null) {
                    sections.add(section(ids, heading, text));
                }
                heading = TEXT.render(node);
                text.setLength(0);
            } else {
                text.append(TEXT.render(node)).append(' ');
            }
        }
        if (heading != null) {
            sections.add(section(ids, heading, text));
        }
        return sections;
    }

    private static Section section(IdGenerator ids, String heading, StringBuilder text) {
        return new Section(
                heading, "#" + ids.generateId(heading), text.toString().replaceAll("\\s+", " "));
    }
}

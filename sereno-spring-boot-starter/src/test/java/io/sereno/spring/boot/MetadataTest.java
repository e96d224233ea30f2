package io.sereno.spring.boot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.json.JsonParserFactory;

/** Editors complete each property and show what it means; the guide has the same properties. */
class MetadataTest {
    private static final Path GUIDE = Path.of("../docs/guides/spring-boot.md");

    @Test
    void eachPropertyHasADescriptionAndAPlaceInTheGuide() throws Exception {
        List<String> properties = names("sereno.", SerenoProperties.class).toList();
        assertThat(properties).contains("sereno.connect-retry", "sereno.ssl.private-key");
        Map<String, String> described = descriptions();
        assertThat(described).containsOnlyKeys(properties);
        String guide = Files.readString(GUIDE);
        described.forEach((name, description) -> {
            assertThat(description).as(name).endsWith(".");
            assertThat(guide).contains("`" + name + "`");
        });
    }

    private static Stream<String> names(String prefix, Class<?> properties) {
        return Stream.of(properties.getRecordComponents()).flatMap(component -> {
            String name = prefix + dashed(component);
            return component.getType().isRecord() ? names(name + ".", component.getType()) : Stream.of(name);
        });
    }

    private static String dashed(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** Of all jars. */
    private static Map<String, String> descriptions() throws Exception {
        Map<String, String> found = new TreeMap<>();
        for (URL url : Collections.list(
                MetadataTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream json = url.openStream()) {
                String text = new String(json.readAllBytes(), StandardCharsets.UTF_8);
                Map<String, Object> all = JsonParserFactory.getJsonParser().parseMap(text);
                for (Object property : (List<?>) requireNonNull(all.get("properties"))) {
                    Map<?, ?> entry = (Map<?, ?>) property;
                    String name = String.valueOf(entry.get("name"));
                    if (name.startsWith("sereno.")) {
                        found.put(name, String.valueOf(entry.get("description")));
                    }
                }
            }
        }
        return found;
    }
}

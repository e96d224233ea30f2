package io.sereno.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptTextTest {
    @TempDir
    private Path folder;

    @Test
    void writtenEntriesAreReadAgain() throws Exception {
        List<Stored> records = List.of(
                new Stored(List.of("12", "-", "a b", "%\0"), "line\n\n| not a mark\nno line feed"),
                new Stored(List.of("\u00fc"), ""),
                new Stored(List.of(""), "back\\slash \\0 and \0\r\n@ not a record\n"));
        Path file = folder.resolve("kept.txt");
        KeptText.write(file, "A comment.", records);
        assertThat(KeptText.read(file)).isEqualTo(records);
        assertThat(Files.readString(file))
                .startsWith("A comment.\n\n@ 12 - a%20b %25%00\n| line\n| \n| | not a mark\n> no");
    }
}

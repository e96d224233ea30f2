package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SerenoExceptionTest {
    @Test
    void theFieldsOfAnErrorSurviveSerialization() throws Exception {
        assertThat(copyOf(new WorkersLostException(List.of("w1", "w2"), "two died"))
                        .workers())
                .containsExactly("w1", "w2");
        assertThat(copyOf(new MessagesLostException(new Gap(3, 8), "trimmed")).gap())
                .isEqualTo(new Gap(3, 8));
        assertThat(copyOf(new GrantLostException(LossCause.ENTRY_REMOVED, "gone"))
                        .lossCause())
                .isEqualTo(LossCause.ENTRY_REMOVED);
    }

    @Test
    void theLostWorkersAreCopied() {
        List<String> workers = new ArrayList<>(List.of("w1"));
        WorkersLostException exception = new WorkersLostException(workers, "one died");
        workers.clear();
        assertThat(exception.workers()).containsExactly("w1");
    }

    @SuppressWarnings("unchecked")
    private static <T> T copyOf(T exception) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(octets)) {
            out.writeObject(exception);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(octets.toByteArray()))) {
            return (T) in.readObject();
        }
    }
}

package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class BytesTest {
    @Test
    void changingTheArrayPassedInChangesNothing() {
        byte[] octets = {1, 2, 3};
        Bytes bytes = Bytes.copyOf(octets);
        octets[0] = 9;
        assertThat(bytes.toArray()).containsExactly(1, 2, 3);
    }

    @Test
    void changingTheArrayHandedOutChangesNothing() {
        Bytes bytes = Bytes.copyOf(new byte[] {1, 2, 3});
        bytes.toArray()[0] = 9;
        assertThat(bytes.toArray()).containsExactly(1, 2, 3);
    }

    @Test
    void theBufferHandedOutIsReadOnlyAndStandsAlone() {
        Bytes bytes = Bytes.copyOf(new byte[] {1, 2, 3});
        ByteBuffer buffer = bytes.asReadOnlyBuffer();
        assertThatThrownBy(() -> buffer.put(0, (byte) 9)).isInstanceOf(ReadOnlyBufferException.class);
        assertThat(buffer.hasArray()).isFalse();
        buffer.get();
        assertThat(bytes.asReadOnlyBuffer().remaining()).isEqualTo(3);
    }

    @Test
    void equalsAndHashCodeCompareContent() {
        Bytes bytes = Bytes.copyOf(new byte[] {1, 2});
        assertThat(bytes)
                .isEqualTo(Bytes.copyOf(new byte[] {1, 2}))
                .hasSameHashCodeAs(Bytes.copyOf(new byte[] {1, 2}))
                .isNotEqualTo(Bytes.copyOf(new byte[] {1, 3}))
                .isNotEqualTo(new byte[] {1, 2});
        assertThat(Bytes.EMPTY).isEqualTo(Bytes.copyOf(new byte[0]));
    }

    @Test
    void textIsEncodedAsUtf8AndDecodedAgain() {
        Bytes bytes = Bytes.utf8("añ€😀");
        assertThat(bytes.size()).isEqualTo(1 + 2 + 3 + 4);
        assertThat(bytes.toUtf8()).isEqualTo("añ€😀");
    }

    @Test
    void textWithHalfOfASurrogatePairIsRefusedAndNotReplacedByAQuestionMark() {
        assertThatThrownBy(() -> Bytes.utf8("a\ud83d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("text has half of a surrogate pair at index 1; well-formed Unicode is accepted");
    }

    @Test
    void toStringShowsTheSizeAndNoContent() {
        assertThat(Bytes.utf8("secret")).hasToString("Bytes[6]");
    }
}

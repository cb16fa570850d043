internal import Envelope

/// Writes a response as a line of OpenAI's Batch output file.
///
/// Shape: https://platform.openai.com/docs/api-reference/batch/request-output
enum BatchOutput {
    /// - Parameter created: seconds since the Unix epoch, for the completion's `created`.
    static func write(_ view: ResponseView, _ bytes: UnsafeRawBufferPointer, created: Int64, into writer: inout ByteWriter) {
        writer.append("{\"id\":")
        writer.appendJSON("batch_req_" + view.id)
        writer.append(",\"custom_id\":")
        writer.appendJSON(view.id)
        if view.isOK {
            writer.append(",\"response\":{\"status_code\":200,\"request_id\":")
            writer.appendJSON(view.id)
            writer.append(",\"body\":")
            writeBody(view, bytes, created, into: &writer)
            writer.append("},\"error\":null}")
        } else {
            writer.append(",\"response\":null,\"error\":{\"code\":")
            writer.appendJSON(view.errorCode ?? "internal")
            writer.append(",\"message\":")
            writer.appendJSON(view.errorMessage ?? "")
            writer.append("}}")
        }
    }

    private static func writeBody(_ view: ResponseView, _ bytes: UnsafeRawBufferPointer, _ created: Int64, into writer: inout ByteWriter) {
        switch view.type {
        case "embedding":
            writer.append("{\"object\":\"list\",\"data\":[")
            writeEmbeddings(view, bytes, into: &writer)
            writer.append("]")
        case "completion":
            writeHead("cmpl-", "text_completion", view, created, into: &writer)
            writer.append(",\"choices\":[{\"index\":0,\"text\":")
            let text = view.message.flatMap { try? JSONText.value("content", in: bytes[$0]) }
            if let text, let message = view.message {
                writer.append(bytes[message][text.range])
            } else {
                writer.append("\"\"")
            }
            writeFinish(view, bytes, into: &writer)
            writer.append("}]")
        default:
            writeHead("chatcmpl-", "chat.completion", view, created, into: &writer)
            writer.append(",\"choices\":")
            if let choices = view.choices {
                writer.append(bytes[choices])
            } else {
                writer.append("[{\"index\":0,\"message\":")
                if let message = view.message { writer.append(bytes[message]) } else { writer.append("null") }
                writeFinish(view, bytes, into: &writer)
                writer.append("}]")
            }
        }
        if view.type == "embedding" {
            writer.append(",\"model\":")
            writer.appendJSON(view.model ?? "")
        }
        writer.append(",\"usage\":{\"prompt_tokens\":")
        writer.append(view.inputTokens)
        if view.type != "embedding" {
            writer.append(",\"completion_tokens\":")
            writer.append(view.outputTokens)
        }
        writer.append(",\"total_tokens\":")
        writer.append(view.inputTokens + view.outputTokens)
        writer.append("}}")
    }

    private static func writeHead(
        _ prefix: String, _ object: StaticString, _ view: ResponseView, _ created: Int64, into writer: inout ByteWriter
    ) {
        writer.append("{\"id\":")
        writer.appendJSON(prefix + view.id)
        writer.append(",\"object\":\"")
        writer.append(object)
        writer.append("\",\"created\":")
        writer.append(created)
        writer.append(",\"model\":")
        writer.appendJSON(view.model ?? "")
    }

    private static func writeFinish(_ view: ResponseView, _ bytes: UnsafeRawBufferPointer, into writer: inout ByteWriter) {
        writer.append(",\"finish_reason\":")
        if let reason = view.finishReason { writer.append(bytes[reason]) } else { writer.append("null") }
        writer.append(",\"logprobs\":null")
    }

    private static func writeEmbeddings(_ view: ResponseView, _ bytes: UnsafeRawBufferPointer, into writer: inout ByteWriter) {
        guard let range = view.embeddings else { return }
        let array = bytes[range]
        var scanner = JSONScanner(array)
        guard var more = try? scanner.openArray() else { return }
        var index = 0
        while more, let value = try? scanner.value() {
            if index > 0 { writer.append(",") }
            writer.append("{\"object\":\"embedding\",\"index\":")
            writer.append(index)
            writer.append(",\"embedding\":")
            writer.append(array[value.range])
            writer.append("}")
            index += 1
            more = (try? scanner.nextElement()) ?? false
        }
    }
}

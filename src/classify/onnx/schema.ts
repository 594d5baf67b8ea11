import protobuf from 'protobufjs/light.js';

/**
 * The part of ONNX's protobuf schema (onnx.proto, IR version 3 and up) that inference graphs of float networks use: names,
 * numbers and types of fields. What is not listed is skipped on reading.
 */
const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id, options: { packed: false } });
const packed = (type: string, id: number) => ({ rule: 'repeated', type, id, options: { packed: true } });

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        producerVersion: one('string', 3),
        docString: one('string', 6),
        graph: one('GraphProto', 7),
        opsetImport: many('OperatorSetIdProto', 8),
        metadataProps: many('StringStringEntryProto', 14),
      },
    },
    StringStringEntryProto: { fields: { key: one('string', 1), value: one('string', 2) } },
    OperatorSetIdProto: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    GraphProto: {
      fields: {
        node: many('NodeProto', 1),
        name: one('string', 2),
        initializer: many('TensorProto', 5),
        docString: one('string', 10),
        input: many('ValueInfoProto', 11),
        output: many('ValueInfoProto', 12),
        valueInfo: many('ValueInfoProto', 13),
      },
    },
    NodeProto: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('AttributeProto', 5),
        docString: one('string', 6),
        domain: one('string', 7),
      },
    },
    AttributeProto: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('TensorProto', 5),
        floats: many('float', 7),
        ints: many('int64', 8),
        strings: many('bytes', 9),
        type: one('int32', 20),
      },
    },
    TensorProto: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        floatData: packed('float', 4),
        int32Data: packed('int32', 5),
        int64Data: packed('int64', 7),
        name: one('string', 8),
        rawData: one('bytes', 9),
      },
    },
    ValueInfoProto: { fields: { name: one('string', 1), type: one('TypeProto', 2), docString: one('string', 3) } },
    TypeProto: { fields: { tensorType: one('TensorTypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: one('int32', 1), shape: one('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: many('DimensionProto', 1) } },
    DimensionProto: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: one('int64', 1), dimParam: one('string', 2) },
    },
  },
});

export const modelType: protobuf.Type = root.lookupType('ModelProto');
